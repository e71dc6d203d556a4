/** Channels, what waits for approval, and who one is. On narrow screens a bar at the top. */
import { html, safe } from '/page/html.js';
import { Mark } from '/page/icons.js';

export function Sidebar({ state, channel, waiting, person, onLeave }) {
  return html`<header class="sidebar">
    <p class="brand"><${Mark} /> Drover</p>
    <nav aria-labelledby="channels-title">
      <h2 id="channels-title">Channels</h2>
      <ul class="channels">
        ${state.channels.map(
          ({ name }) =>
            html`<${ChannelLink} key=${name} name=${name} current=${name === channel} unread=${state.unread.get(name) ?? 0} />`,
        )}
      </ul>
    </nav>
    ${
      waiting.length === 0
        ? null
        : html`<section class="to-approve" aria-labelledby="waiting-title">
            <h2 id="waiting-title">Waiting for approval</h2>
            <ul>
              ${waiting.map((message) => html`<${WaitingLink} key=${message.id} message=${message} />`)}
            </ul>
          </section>`
    }
    <div class="me">
      <span class="who"><span class="me-label">You are </span><b>${safe(state.people.get(person) ?? person)}</b></span>
      <button type="button" class="quiet" onClick=${onLeave}>Be somebody else</button>
    </div>
  </header>`;
}

function ChannelLink({ name, current, unread }) {
  return html`<li>
    <a href=${`#${name}`} aria-current=${current ? 'page' : null}>
      <span><span class="hash" aria-hidden="true">#</span>${name}</span>
      ${unread === 0 ? null : html`<span class="count">${unread}<span class="hidden"> new</span></span>`}
    </a>
  </li>`;
}

function WaitingLink({ message }) {
  return html`<li><a href=${`#${message.id}`}>${safe(message.content.card.title)}</a></li>`;
}
