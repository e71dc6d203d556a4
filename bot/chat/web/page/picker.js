/** Demo mode's sign-in: whoever sits at this machine says who he is, for this tab. */
import { html, safe } from '/page/html.js';
import { Mark } from '/page/icons.js';

export function Picker({ people, onChoose }) {
  return html`<main class="alone picker">
    <p class="brand"><${Mark} /> Drover</p>
    <h1>Who are you?</h1>
    <p class="muted">Demo mode: anybody at this machine may be anybody. Each tab keeps its own person, so open a second tab to be
      a second one.</p>
    <ul>
      ${people.map(
        ({ id, name }) => html`<li key=${id}>
          <button type="button" class="button" onClick=${() => onChoose(id)}>
            <span class="name">${safe(name)}</span>${id === name ? null : html` <span class="muted">${safe(id)}</span>`}
          </button>
        </li>`,
      )}
    </ul>
  </main>`;
}
