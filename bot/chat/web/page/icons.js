/** Signs for tones and statuses. Each stands next to a word that says the same. */
import { html } from '/page/html.js';

const paths = {
  info: 'M12 11v6M12 7.2v.1',
  waiting: 'M12 7v5l3.2 2',
  running: 'M12 4a8 8 0 0 1 8 8',
  good: 'M7.5 12.4l3 3 6-6.6',
  bad: 'M8.5 8.5l7 7M15.5 8.5l-7 7',
  unknown: 'M9.3 9.4a2.8 2.8 0 1 1 4.2 2.5c-1 .6-1.5 1.1-1.5 2.2M12 17.2v.1',
  pending: '',
  skipped: 'M8 12h8',
  private: 'M9 11.5V10a3 3 0 0 1 6 0v1.5M8.5 11.5h7v4.5h-7z',
};

/** @param {{ name: keyof typeof paths }} props */
export function Icon({ name }) {
  return html`<svg class=${`icon icon-${name}`} viewBox="0 0 24 24" aria-hidden="true">
    <circle cx="12" cy="12" r="9.2" />
    <path d=${paths[name]} />
  </svg>`;
}

export function Mark() {
  return html`<svg class="mark" viewBox="0 0 32 32" aria-hidden="true"><path d="M12 27V12a5 5 0 0 1 10 0v1.5" /></svg>`;
}
