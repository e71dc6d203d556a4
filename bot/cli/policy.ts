/** `drover policy check|test [directory]`: are the files right, and do they decide as their tables of cases say. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRegistry } from '../../actions/registry.ts';
import { type CaseResult, runCases } from '../../policies/cases.ts';
import type { Problem } from '../../policies/document.ts';
import { type LoadedPolicy, loadPolicy } from '../../policies/load.ts';
import { groupsOf, vmSettings } from '../drover.ts';
import { SHIPPED_POLICIES } from '../policy.ts';
import { EXIT } from '../terminal/session.ts';
import { type CliContext, loadConfig, print, usageError } from './context.ts';

export async function runPolicy([what, given]: string[], ctx: CliContext): Promise<number> {
  if (what !== 'check' && what !== 'test') return usageError('drover policy check|test [directory]');
  const config = await loadConfig(ctx);
  if (config === null) return EXIT.usage;
  const directory = given ?? config.policies ?? SHIPPED_POLICIES;
  const registry = createRegistry(vmSettings(config));
  const groups = groupsOf(config);
  const loaded = await loadPolicy({ directory, actionNames: [...registry.actions.keys()], groups });
  if (loaded.kind === 'broken') return sayProblems(loaded.problems, ctx);
  const { policy, warnings } = loaded;
  const warned = warnings.map((warning) => `warning: ${lineOf(warning)}`);
  const said = `${policy.rules.length} rules are right (version ${policy.version.slice(0, 16)})`;
  if (what === 'check') {
    print(ctx, { rules: policy.rules.length, version: policy.version, warnings }, [...warned, said]);
    return EXIT.done;
  }
  const risks = new Map([...registry.actions.values()].map(({ name, risk }) => [name, risk]));
  return test(directory, policy, risks, ctx);
}

async function test(
  directory: string,
  policy: LoadedPolicy,
  risks: Parameters<typeof runCases>[2],
  ctx: CliContext,
): Promise<number> {
  const names = (await readdir(directory)).filter((name) => /\.test\.ya?ml$/.test(name)).sort();
  if (names.length === 0) return usageError(`no table of cases (*.test.yaml) in ${directory}`);
  const results: CaseResult[] = [];
  const lines: string[] = [];
  for (const name of names) {
    const ran = runCases({ name, text: await readFile(join(directory, name), 'utf8') }, policy, risks);
    if (ran.kind === 'broken') return sayProblems(ran.problems, ctx);
    results.push(...ran.results);
    lines.push(...ran.results.flatMap((result) => failedLines(name, result)));
    lines.push(
      ...ran.unexercised.map((rule) => `no case of ${name} exercises ${rule.name} (${rule.file}:${rule.line})`),
    );
  }
  const failed = results.filter(({ kind }) => kind === 'failed').length;
  print(ctx, { results }, [...lines, `${results.length - failed} cases passed, ${failed} failed`]);
  return failed === 0 ? EXIT.done : EXIT.failed;
}

function failedLines(file: string, result: CaseResult): string[] {
  if (result.kind === 'passed') return [];
  const { name, line, wanted, came, explanation } = result;
  return [`${file}:${line}: ${name}: wanted ${wanted}, came ${came}`, ...explanation.map((text) => `  ${text}`)];
}

function sayProblems(problems: Problem[], ctx: CliContext): number {
  print(ctx, { problems }, problems.map(lineOf));
  return EXIT.failed;
}

function lineOf({ file, line, column, problem }: Problem): string {
  return `${file}:${line}:${column}: ${problem}`;
}
