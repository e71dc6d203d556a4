/** Starts the page: takes the token out of the address, asks who may be here, then shows the picker or the chat. */
import { useState } from '/lib/hooks.js';
import { render } from '/lib/preact.js';
import { App } from '/page/app.js';
import { html } from '/page/html.js';
import { Picker } from '/page/picker.js';
import { load, session } from '/page/server.js';

function Page({ people, lineLength }) {
  const [person, setPerson] = useState(people.some(({ id }) => id === session.person()) ? session.person() : null);
  const choose = (id) => {
    session.choose(id);
    setPerson(id);
  };
  if (person === null) return html`<${Picker} people=${people} onChoose=${choose} />`;
  return html`<${App} key=${person} person=${person} lineLength=${lineLength} onLeave=${() => choose(null)} />`;
}

// The cookie stands for the token from here on: it need not stay in sight.
history.replaceState(null, '', `/${location.hash}`);
const root = document.getElementById('app');
const answer = await load('/session');
root.replaceChildren();
render(
  answer.kind === 'ok'
    ? html`<${Page} people=${answer.data.people} lineLength=${answer.data.lineLength} />`
    : html`<main class="alone"><h1>Drover</h1><p role="alert">${answer.error}</p></main>`,
  root,
);
