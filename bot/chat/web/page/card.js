/** One card: tone, title, blocks, and buttons that act on exactly the plan that is shown. */
import { useState } from '/lib/hooks.js';
import { Block } from '/page/blocks.js';
import { ConfirmDialog } from '/page/dialog.js';
import { html, safe } from '/page/html.js';
import { Icon } from '/page/icons.js';
import { send } from '/page/server.js';

export const toneWords = {
  info: 'Info',
  waiting: 'Waiting',
  running: 'Running',
  good: 'Done',
  bad: 'Not done',
  unknown: 'Unknown',
};

export function Card({ id, card, footer, maxLength }) {
  return html`<article class=${`card ${card.tone}`} aria-labelledby=${`title-${id}`}>
    <header class="card-head">
      <span class="tone"><${Icon} name=${card.tone} />${toneWords[card.tone]}</span>
      <h3 id=${`title-${id}`}>${safe(card.title)}</h3>
    </header>
    ${card.blocks.length === 0 ? null : html`<div class="card-body">${card.blocks.map((block) => html`<${Block} block=${block} />`)}</div>`}
    ${card.buttons.length === 0 ? null : html`<${Buttons} id=${id} card=${card} maxLength=${maxLength} />`}
    <footer class="card-foot">${footer}<${Reference} operation=${card.operation} /></footer>
  </article>`;
}

/** The first characters of the digest are enough to see that two people look at the same plan. */
function Reference({ operation }) {
  if (operation === null) return null;
  const plan = operation.digest === '' ? '' : ` · plan ${operation.digest.slice(0, 8)}`;
  return html`<span class="reference">request ${operation.request}${plan}</span>`;
}

function Buttons({ id, card, maxLength }) {
  const [asking, setAsking] = useState(null);
  const [sending, setSending] = useState(null);
  const [error, setError] = useState(null);

  async function press(button, input) {
    setSending(button);
    setError(null);
    const { request, digest } = card.operation;
    const answer = await send('/presses', {
      id: crypto.randomUUID(),
      message: id,
      request,
      digest,
      verb: button.verb,
      input,
    });
    setSending(null);
    if (answer.kind === 'failed') setError(answer.error);
  }

  function choose(button) {
    if (sending !== null) return;
    if (button.confirm === null && button.input === null) press(button, '');
    else setAsking(button);
  }

  return html`<div class="card-actions" role="group" aria-label="What to do">
    ${card.buttons.map(
      (button) => html`<button key=${button.verb} type="button" class=${`button ${button.style}`}
        aria-disabled=${sending !== null || card.operation === null} onClick=${() => choose(button)}>
        ${safe(button.label)}${asksMore(button) ? '…' : ''}
      </button>`,
    )}
    ${sending === null ? null : html`<span class="muted" role="status">Sending “${safe(sending.label)}”…</span>`}
    ${error === null ? null : html`<p class="error" role="alert">${error}</p>`}
    ${
      asking === null
        ? null
        : html`<${ConfirmDialog} button=${asking} title=${card.title} maxLength=${maxLength}
            onAnswer=${(input) => press(asking, input)} onClose=${() => setAsking(null)} />`
    }
  </div>`;
}

/** The dots say that another question comes before it counts. */
function asksMore({ confirm, input }) {
  return confirm !== null || input !== null;
}
