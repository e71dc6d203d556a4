/** `drover doctor`: looks at everything that a start needs, and says what to mend. Changes nothing, boots nothing. */
import { access, constants } from 'node:fs/promises';
import { dirname } from 'node:path';
import { openHost } from '../../actions/libvirt/host.ts';
import { createRegistry } from '../../actions/registry.ts';
import { loadPolicy } from '../../policies/load.ts';
import type { Config } from '../config.ts';
import { readConfig } from '../config.ts';
import { groupsOf, hostOptions, vmSettings } from '../drover.ts';
import { SHIPPED_POLICIES } from '../policy.ts';
import { EXIT } from '../terminal/session.ts';
import { type CliContext, print } from './context.ts';

interface Finding {
  what: string;
  ok: boolean;
  says: string;
}

export async function runDoctor(_words: string[], ctx: CliContext): Promise<number> {
  const findings: Finding[] = [nodeVersion(), await stateWritable(ctx.stateDir)];
  const read = await readConfig(ctx.configPath);
  if (read.kind === 'broken') {
    findings.push(...read.problems.map(({ file, line, problem }) => bad('config', `${file}:${line}: ${problem}`)));
  } else {
    findings.push(good('config', ctx.configPath), await policy(read.config), ...(await host(read.config)));
  }
  const lines = findings.map(({ what, ok, says }) => `${ok ? 'ok  ' : 'BAD '} ${what}: ${says}`);
  print(ctx, { findings }, lines);
  return findings.every(({ ok }) => ok) ? EXIT.done : EXIT.failed;
}

const good = (what: string, says: string): Finding => ({ what, ok: true, says });
const bad = (what: string, says: string): Finding => ({ what, ok: false, says });

function nodeVersion(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const fits = major > 24 || (major === 24 && minor >= 12);
  return fits ? good('node', process.version) : bad('node', `${process.version} is too old: 24.12 or newer is needed`);
}

async function stateWritable(stateDir: string): Promise<Finding> {
  for (const directory of [stateDir, dirname(stateDir)]) {
    try {
      await access(directory, constants.W_OK);
      return good('state', stateDir);
    } catch {
      // The directory itself is made at the first start: then its parent decides.
    }
  }
  return bad('state', `${stateDir} cannot be written; choose another by --state or DROVER_STATE_DIR`);
}

async function policy(config: Config): Promise<Finding> {
  const directory = config.policies ?? SHIPPED_POLICIES;
  const actionNames = [...createRegistry(vmSettings(config)).actions.keys()];
  const groups = groupsOf(config);
  const loaded = await loadPolicy({ directory, actionNames, groups });
  if (loaded.kind === 'loaded') return good('policy', `${loaded.policy.rules.length} rules in ${directory}`);
  return bad('policy', `${loaded.problems.length} problem(s) in ${directory}; see drover policy check`);
}

async function host(config: Config): Promise<Finding[]> {
  try {
    const opened = await openHost(hostOptions(config));
    try {
      const { hostname, cpus, freeMemoryMiB } = await opened.capacity();
      const pool = await opened.pool(config.host.pool);
      return [
        good('host', `${config.host.uri} is ${hostname}: ${cpus} CPUs, ${freeMemoryMiB} MiB free`),
        pool?.active === true
          ? good('pool', config.host.pool)
          : bad(
              'pool',
              `${config.host.pool} is ${pool === null ? 'not there' : 'not active'}; see virsh pool-list --all`,
            ),
      ];
    } finally {
      await opened.close();
    }
  } catch (error) {
    return [bad('host', error instanceof Error ? error.message : String(error))];
  }
}
