/** The command line of `drover`: reads it, hands over to one file a command in this folder, gives the exit code. */
import { parseArgs } from 'node:util';
import { readEnvironment } from '../env.ts';
import { EXIT } from '../terminal/session.ts';
import { runApprove } from './approve.ts';
import { runAudit } from './audit.ts';
import { type CliContext, usageError } from './context.ts';
import { runDo } from './do.ts';
import { runDoctor } from './doctor.ts';
import { runExplain } from './explain.ts';
import { runPolicy } from './policy.ts';
import { runRequest } from './request.ts';
import { runStart } from './start.ts';

const COMMANDS: Record<string, (words: string[], ctx: CliContext) => Promise<number>> = {
  start: runStart,
  do: runDo,
  approve: (words, ctx) => runApprove('approve', words, ctx),
  reject: (words, ctx) => runApprove('reject', words, ctx),
  withdraw: (words, ctx) => runApprove('withdraw', words, ctx),
  cancel: (words, ctx) => runApprove('cancel', words, ctx),
  adopt: (words, ctx) => runApprove('adopt', words, ctx),
  retry: (words, ctx) => runApprove('retry', words, ctx),
  'mark-done': (words, ctx) => runApprove('mark-done', words, ctx),
  undo: (words, ctx) => runApprove('undo', words, ctx),
  explain: runExplain,
  policy: runPolicy,
  audit: runAudit,
  doctor: runDoctor,
  request: runRequest,
};

const HELP = `drover: operates KVM virtual machines by chat, approved in the thread, on the record

  drover start                                 run with the config file until SIGTERM
  drover do "<command>" --as <person>          ask for something, as in chat: do "vm stop web-01" --as alice
  drover approve|reject|withdraw <request> --as <person> [--reason <text>]
  drover cancel|undo <request> --as <person>
  drover adopt|retry|mark-done <request> --as <person> [--reason <text>]   settle an unknown outcome
  drover request <request>                     what became of it, with its plan and steps
  drover explain "<command>" --as <person> [--at <time>]   what policy says, and the smallest change that would pass
  drover policy check|test [directory]         check the policy files; run their tables of cases
  drover audit verify [--pin <key>] [--anchor <serial>:<head>]… [--not-before <time>]
  drover audit search [--request <n>] [--person <name>] [--vm <name>] [--uuid <uuid>] [--type <type>]
                      [--result success|failed] [--since <time>] [--until <time>] [--limit <n>]
  drover audit report [--since <time>] [--until <time>]
  drover audit key                             the public key to keep elsewhere as --pin
  drover doctor                                check this installation, and say what is missing

Options of all: --config <file> (DROVER_CONFIG), --state <directory> (DROVER_STATE_DIR), --json, --help
Times are RFC 3339 with a zone: 2026-11-22T22:00:00Z
Exit codes: 0 done, 1 failed, 2 usage, 3 refused, 4 waiting for approval, 5 unknown outcome
`;

const OPTIONS = {
  config: { type: 'string' },
  state: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
  as: { type: 'string' },
  at: { type: 'string' },
  reason: { type: 'string' },
  pin: { type: 'string' },
  anchor: { type: 'string', multiple: true },
  'not-before': { type: 'string' },
  request: { type: 'string' },
  person: { type: 'string' },
  vm: { type: 'string' },
  uuid: { type: 'string' },
  type: { type: 'string' },
  result: { type: 'string' },
  since: { type: 'string' },
  until: { type: 'string' },
  limit: { type: 'string' },
} as const;

/** `drover … | head` ends the reading, not the work: what is under way goes on, unseen. */
function outliveReader(error: Error): void {
  if (!('code' in error) || error.code !== 'EPIPE') throw error;
}

export async function main(argv: string[]): Promise<number> {
  process.stdout.on('error', outliveReader);
  const parsed = parse(argv);
  if (parsed === null) return EXIT.usage;
  const { values, positionals } = parsed;
  const [name, ...words] = positionals;
  if (values.help || name === undefined || name === 'help') {
    process.stdout.write(HELP);
    return values.help || name === 'help' ? EXIT.done : EXIT.usage;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) return usageError(`there is no drover ${name}; see drover --help`);
  const environment = readEnvironment({ config: values.config, state: values.state });
  return command(words, { ...environment, json: values.json, flags: values });
}

function parse(argv: string[]) {
  try {
    return parseArgs({ args: argv, options: OPTIONS, allowPositionals: true });
  } catch (error) {
    usageError(error instanceof Error ? error.message : String(error));
    return null;
  }
}
