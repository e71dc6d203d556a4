/** Markup as tagged templates, and text made safe to show. Text is only ever inserted as text. */
import htm from '/lib/htm.js';
import { h } from '/lib/preact.js';

export const html = htm.bind(h);

/** Control characters but tab and line feed, and marks that turn the direction of text around: a name must not lie. */
const UNSAFE = /(?!\t|\n)[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** @param {string} text */
export function safe(text) {
  return text.replaceAll('\r\n', '\n').replaceAll(UNSAFE, '\ufffd');
}

/** Text with `…` shown as code; nothing else means anything. @param {string} text */
export function prose(text) {
  return safe(text)
    .split(/`([^`\n]+)`/)
    .map((part, at) => (at % 2 === 1 ? html`<code>${part}</code>` : part));
}
