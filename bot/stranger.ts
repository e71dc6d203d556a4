/** Somebody whom Drover does not know, or may not serve: told so alone, recorded, and nothing else happens. */
import { NOBODY } from '../audit/auid.ts';
import { refusalAnswer } from './answers.ts';
import type { Handled } from './handled.ts';
import type { Admitted } from './inbox.ts';
import type { Recorder } from './record.ts';
import { type TellPorts, whisper } from './tell.ts';
import { TERMINAL } from './terminal/platform.ts';

export async function stranger(
  { request, inbound }: Admitted,
  reason: string,
  ports: TellPorts & { recorder: Recorder },
): Promise<Handled> {
  const { from, place, address } = inbound;
  const subject = { request, actor: NOBODY, account: null, place, address };
  await ports.recorder.stranger(subject, `${from.platform}:${from.id}`, reason);
  const account = `${from.platform}: ${from.id}`;
  const hint =
    from.platform === TERMINAL
      ? `--as takes a name of "people" in drover.yaml; ${from.id} is none.`
      : `Ask an operator to add ${account} to your accounts in drover.yaml.`;
  await whisper(inbound, refusalAnswer(`${reason}.`, hint), ports);
  return { kind: 'refused' };
}
