/** Text from a host, for a person: no escape sequences, no control characters, nothing that turns the writing around. */

const ESC = String.fromCharCode(0x1b);
const BEL = String.fromCharCode(0x07);
// Control sequences (CSI), operating system commands (OSC, ended by BEL or ST) and two-character escapes: ECMA-48.
const ESCAPES = new RegExp(`${ESC}(?:\\[[0-?]*[ -/]*[@-~]|\\][^${BEL}${ESC}]*(?:${BEL}|${ESC}\\\\)|[@-Z\\\\-_])`, 'g');
const CONTROLS = /(?![\n\t])[\p{Cc}\p{Bidi_Control}\ufeff]/gu;

export function printable(text: string): string {
  return text.toWellFormed().replace(/\r\n/g, '\n').replace(ESCAPES, '').replace(CONTROLS, '\u00b7');
}
