/** What a guest prints, made fit for a person: lines without the terminal's codes. It is not to be trusted with a chat. */

/** Longest line that is shown, in characters. */
const MOST_CHARACTERS = 200;

export function cleanLines(text: string): string[] {
  return text
    .split(/[\r\n]+/u)
    .map((line) => line.replace(ESCAPE_SEQUENCE, '').replace(/\p{C}/gu, '').trim().slice(0, MOST_CHARACTERS))
    .filter((line) => line !== '');
}

/** ECMA-48 control sequences. The escape character is what they begin with. */
const ESCAPE_SEQUENCE = new RegExp(`${String.fromCharCode(27)}\\[[0-?]*[ -/]*[@-~]`, 'g');
