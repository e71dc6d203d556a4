/** The blocks of a card. */
import { html, prose, safe } from '/page/html.js';
import { Icon } from '/page/icons.js';

const statusIcons = {
  pending: 'pending',
  running: 'running',
  done: 'good',
  failed: 'bad',
  unknown: 'unknown',
  skipped: 'skipped',
};

const views = {
  text: ({ text }) => html`<p class="text">${prose(text)}</p>`,
  fields: ({ fields }) => html`<dl class="fields">
    ${fields.map(({ name, value }) => html`<div><dt>${safe(name)}</dt><dd>${prose(value)}</dd></div>`)}
  </dl>`,
  list: ({ items }) => html`<ul class="list">${items.map((item) => html`<li>${prose(item)}</li>`)}</ul>`,
  table: Table,
  code: ({ text }) =>
    html`<pre class="code" tabindex="0" role="group" aria-label="Code"><code>${safe(text)}</code></pre>`,
  steps: ({ steps }) => html`<ol class="steps">${steps.map((step) => html`<${Step} ...${step} />`)}</ol>`,
};

export function Block({ block }) {
  return html`<${views[block.kind]} ...${block} />`;
}

/** Wide tables scroll sideways in themselves, by keyboard too; the page never does. */
function Table({ columns, rows }) {
  return html`<div class="table" tabindex="0" role="group" aria-label=${`Table: ${safe(columns.join(', '))}`}>
    <table>
      <thead><tr>${columns.map((column) => html`<th scope="col">${safe(column)}</th>`)}</tr></thead>
      <tbody>${rows.map((row) => html`<tr>${columns.map((_, at) => html`<td>${safe(row[at] ?? '')}</td>`)}</tr>`)}</tbody>
    </table>
  </div>`;
}

function Step({ title, status, detail }) {
  return html`<li class=${`step ${status}`}>
    <${Icon} name=${statusIcons[status]} />
    <span class="step-title">${safe(title)}${detail === '' ? null : html`<span class="detail"> ${safe(detail)}</span>`}</span>
    <span class="status">${status}</span>
  </li>`;
}
