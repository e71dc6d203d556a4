/** Asks before a button counts: the question, the line to add, and a way back. Escape is the way back too. */
import { useEffect, useRef, useState } from '/lib/hooks.js';
import { html, prose, safe } from '/page/html.js';

export function ConfirmDialog({ button, title, onAnswer, onClose, maxLength }) {
  const dialog = useRef(null);
  const [missing, setMissing] = useState(false);
  // The way back has the focus where a hasty second Enter would do harm.
  useEffect(() => {
    dialog.current.showModal();
    dialog.current.querySelector('input, button[type=button]').focus();
  }, []);

  function submit(event) {
    event.preventDefault();
    const input = event.currentTarget.elements.input?.value.trim() ?? '';
    if (button.input?.required && input === '') {
      setMissing(true);
      event.currentTarget.elements.input.focus();
      return;
    }
    dialog.current.close();
    onAnswer(input);
  }

  return html`<dialog ref=${dialog} class="dialog" aria-labelledby="dialog-title" onClose=${onClose}>
    <form onSubmit=${submit}>
      <h2 id="dialog-title">${safe(button.label)}</h2>
      <p class="muted about">${safe(title)}</p>
      ${button.confirm === null ? null : html`<p class="question">${prose(button.confirm)}</p>`}
      ${button.input === null ? null : html`<${Input} input=${button.input} missing=${missing} maxLength=${maxLength} />`}
      <div class="actions">
        <button type="submit" class=${`button ${button.style === 'danger' ? 'danger solid' : 'primary'}`}>${safe(button.label)}</button>
        <button type="button" class="button" onClick=${() => dialog.current.close()}>Go back</button>
      </div>
    </form>
  </dialog>`;
}

function Input({ input, missing, maxLength }) {
  return html`<div class="question-input">
    <label for="dialog-input">${safe(input.label)}${input.required ? null : html` <span class="muted">(may stay empty)</span>`}</label>
    <input id="dialog-input" name="input" autocomplete="off" maxlength=${maxLength}
      aria-required=${input.required} aria-invalid=${missing} aria-describedby=${missing ? 'dialog-missing' : null} />
    ${missing ? html`<p id="dialog-missing" class="error" role="alert">Please write a line here first.</p>` : null}
  </div>`;
}
