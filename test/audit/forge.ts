/** What somebody can do to a log's lines: without a key renumber and chain them anew, with a stolen key also seal. */
import { createPrivateKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chainLine, FIRST_CHAIN } from '../../audit/chain.ts';
import { checkpointText, fingerprintOf, type SigningKey } from '../../audit/seal.ts';

/** The key of the day, as root on the host can take it. */
export function stealKey(directory: string, pub: string): SigningKey {
  const { epoch, private: der } = JSON.parse(readFileSync(join(directory, 'key', 'current'), 'utf8'));
  const key = createPrivateKey({ key: Buffer.from(der, 'base64'), format: 'der', type: 'pkcs8' });
  return { epoch, pub, sign: (text) => sign(null, Buffer.from(text), key).toString('base64url') };
}

/** Gives the lines serials without gaps and a chain that holds; with a key, its signature on its day's checkpoints. */
export function rebuild(lines: readonly string[], key: SigningKey | null = null): string[] {
  let chain: Buffer = FIRST_CHAIN;
  return lines.map((line, index) => {
    const serial = index + 1;
    const numbered = line.replace(/(audit\(\d+\.\d+:)\d+/, `$1${serial}`);
    const sealed = key === null ? numbered : resign(numbered, serial, chain.toString('base64url'), key);
    const [head = '', tail = ''] = sealed.split(/ chain=[\w-]{43}/);
    const next = chainLine(chain, head, tail);
    chain = next.chain;
    return next.line.slice(0, -1);
  });
}

function resign(line: string, serial: number, head: string, key: SigningKey): string {
  if (!line.includes('op=checkpoint') || !line.includes(` epoch=${key.epoch} `)) return line;
  const [, seconds, millis] = /audit\((\d+)\.(\d+):/.exec(line) ?? [];
  const timeMs = Number(seconds) * 1000 + Number(millis);
  const upto = serial - 1;
  return line
    .replace(/upto=\d+ head=\S+/, `upto=${upto} head=${head}`)
    .replace(/ed25519=\S+ exe/, `ed25519=${key.sign(checkpointText(key.epoch, { upto, head, timeMs }))} exe`);
}

/** Makes every checkpoint one of this key, to be signed by `rebuild`. */
export function claimSeals(lines: readonly string[], { pub, epoch }: SigningKey): string[] {
  return lines.map((line) =>
    line.includes('op=checkpoint') ? line.replace(/fp=\S+ epoch=\d+/, `fp=${fingerprintOf(pub)} epoch=${epoch}`) : line,
  );
}
