/** Where one writes. What could not be sent stays, and is sent again under the same id: it counts once. */
import { useLayoutEffect, useRef, useState } from '/lib/hooks.js';
import { html } from '/page/html.js';
import { send } from '/page/server.js';

/** Characters left from which on they are shown. */
const SHOW_LEFT = 200;

export function Composer({ channel, thread, label, maxLength, focused, onClose }) {
  const [text, setText] = useState('');
  const [error, setError] = useState(null);
  const attempt = useRef({ id: '', text: '', busy: false });
  const field = useRef(null);
  useLayoutEffect(() => {
    if (focused) field.current.focus();
  }, [focused, channel]);

  async function submit(event) {
    event.preventDefault();
    const line = text.trim();
    if (line === '' || attempt.current.busy) return;
    const id = attempt.current.text === line ? attempt.current.id : crypto.randomUUID();
    attempt.current = { id, text: line, busy: true };
    const answer = await send('/lines', { id, channel, thread, text: line });
    attempt.current.busy = false;
    setError(answer.kind === 'failed' ? answer.error : null);
    if (answer.kind === 'failed') return;
    attempt.current.text = '';
    setText((now) => (now.trim() === line ? '' : now));
  }

  /** Enter that ends the input of a Chinese or Japanese word is not meant for us. */
  function key(event) {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) submit(event);
    if (event.key === 'Escape' && onClose !== undefined) onClose();
  }

  const left = maxLength - text.length;
  return html`<form class="composer" onSubmit=${submit}>
    ${error === null ? null : html`<p class="error" role="alert">${error}</p>`}
    <div class="composer-row">
      <textarea ref=${field} rows="1" aria-label=${label} placeholder=${label} maxlength=${maxLength} value=${text}
        onInput=${(event) => setText(event.currentTarget.value)} onKeyDown=${key}></textarea>
      <button type="submit" class="button primary" aria-disabled=${text.trim() === ''}>Send</button>
      ${onClose === undefined ? null : html`<button type="button" class="button" onClick=${onClose}>Close</button>`}
    </div>
    <p class="hint">
      ${
        onClose === undefined
          ? html`<span><code>vm help</code> shows what you can ask</span><span class="keys"><kbd>Enter</kbd> sends, <kbd>Shift</kbd>+<kbd>Enter</kbd> makes a new line</span>`
          : html`<span class="keys"><kbd>Enter</kbd> sends, <kbd>Escape</kbd> closes</span>`
      }
      ${left > SHOW_LEFT ? null : html`<span role="status">${left} characters left</span>`}
    </p>
  </form>`;
}
