/**
 * The environment of a play: Ansible's settings, and those of the caller's variables that the spec names. Nothing else.
 * Names and defaults: https://docs.ansible.com/ansible/latest/reference_appendices/config.html
 */
import { join } from 'node:path';
import { runFiles } from './run-dir.ts';
import type { PlaySpec } from './spec.ts';

const CALLBACKS = join(import.meta.dirname, 'callback');
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const fixed = {
  /** Ansible refuses to run in a locale that is not UTF-8. */
  LC_ALL: 'C.UTF-8',
  /** No cache next to the callback. */
  PYTHONDONTWRITEBYTECODE: '1',
  ANSIBLE_STDOUT_CALLBACK: 'drover_events',
  /**
   * With pipelining a task has no terminal on the other side, and goes on there when ssh ends. Without it ssh asks for
   * one, and the task gets SIGHUP: so a cancel ends the remote task too. Costs a few round trips a task, and module
   * arguments are in a file of the target while the task runs.
   */
  ANSIBLE_PIPELINING: 'False',
  /** Unknown host keys are refused: the inventory gives known keys by `ansible_ssh_common_args` or ~/.ssh/known_hosts. */
  ANSIBLE_HOST_KEY_CHECKING: 'True',
  /** Seconds to connect; Ansible's own 10 is short for guests without KVM. */
  ANSIBLE_TIMEOUT: '30',
  /** One inventory in one format; anything wrong with it ends the play before its first task. */
  ANSIBLE_INVENTORY_ENABLED: 'yaml',
  ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED: 'True',
  ANSIBLE_LOCALHOST_WARNING: 'False',
  ANSIBLE_RETRY_FILES_ENABLED: 'False',
  ANSIBLE_NOCOLOR: '1',
  ANSIBLE_NOCOWS: '1',
  /** Advice for the author of the playbook, not for who runs it. */
  ANSIBLE_DEPRECATION_WARNINGS: 'False',
} as const;

export function playEnvironment(
  spec: PlaySpec,
  runDir: string,
  temporary: string,
  callers: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const named = spec.environment.flatMap((name) => {
    const value = callers[name];
    return value === undefined ? [] : [[name, value]];
  });
  return {
    PATH,
    ...Object.fromEntries(named),
    ...fixed,
    /** An empty file: no other configuration is looked for. */
    ANSIBLE_CONFIG: runFiles(runDir).settings,
    ANSIBLE_CALLBACK_PLUGINS: CALLBACKS,
    ANSIBLE_FORKS: String(spec.forks),
    ANSIBLE_LOCAL_TEMP: temporary,
    /** Shared connections are this play's own: they are ended with it, and another play's would be cut. */
    ANSIBLE_SSH_CONTROL_PATH_DIR: temporary,
    ANSIBLE_PYTHON_INTERPRETER: spec.python,
    DROVER_SECRET_NAMES: Object.keys(spec.secrets).join(','),
  };
}

/** The command line, which every user of the machine can read: names and switches, no values. */
export function playCommand(spec: PlaySpec, runDir: string): string[] {
  const files = runFiles(runDir);
  return [
    spec.ansiblePlaybook,
    `--inventory=${files.inventory}`,
    `--extra-vars=@${files.variables}`,
    ...(Object.keys(spec.secrets).length > 0 ? [`--extra-vars=@${files.secretsFifo}`] : []),
    ...(spec.limit !== null ? [`--limit=@${files.limit}`] : []),
    ...(spec.check ? ['--check'] : []),
    ...(spec.diff ? ['--diff'] : []),
    ...(spec.tags.length > 0 ? [`--tags=${spec.tags.join(',')}`] : []),
    ...(spec.skipTags.length > 0 ? [`--skip-tags=${spec.skipTags.join(',')}`] : []),
    spec.playbook,
  ];
}
