/** `drover explain "<command>" --as <person> [--at <time>]`: what policy says and why. Changes nothing. */
import { pino } from 'pino';
import { openHost } from '../../actions/libvirt/host.ts';
import { createRegistry } from '../../actions/registry.ts';
import { loadPolicy } from '../../policies/load.ts';
import { parseLine } from '../command/parse.ts';
import type { Config } from '../config.ts';
import { configuredPeople, hostOptions, vmSettings } from '../drover.ts';
import { explainLines } from '../explanation.ts';
import { createInventory } from '../inventory.ts';
import { SHIPPED_POLICIES } from '../policy.ts';
import { TERMINAL } from '../terminal/platform.ts';
import { EXIT } from '../terminal/session.ts';
import { type CliContext, failure, loadConfig, print, readTime, usageError } from './context.ts';

export async function runExplain(words: string[], ctx: CliContext): Promise<number> {
  const { as, at } = ctx.flags;
  if (words.length === 0 || as === undefined) return usageError('drover explain "<command>" --as <person>');
  const now = at === undefined ? Date.now() : readTime('at', at);
  if (now === null) return EXIT.usage;
  const config = await loadConfig(ctx);
  if (config === null) return EXIT.usage;
  try {
    return await explainHere(words.join(' '), as, now, config, ctx);
  } catch (error) {
    return failure(error instanceof Error ? error.message : String(error));
  }
}

async function explainHere(text: string, as: string, now: number, config: Config, ctx: CliContext): Promise<number> {
  const people = configuredPeople(config);
  const person = await people.person(as);
  if (person === null) return failure(`${as} is nobody in ${ctx.configPath}`);
  const registry = createRegistry(vmSettings(config));
  const directory = config.policies ?? SHIPPED_POLICIES;
  const groups = await people.members();
  const loaded = await loadPolicy({ directory, actionNames: [...registry.actions.keys()], groups });
  if (loaded.kind === 'broken') return failure(`the policy in ${directory} is broken: drover policy check`);
  const host = await openHost(hostOptions(config));
  try {
    const inventory = createInventory(host, pino({ enabled: false }).warn);
    await inventory.load();
    const parsed = parseLine(text, { actions: registry.actions.values(), vmNames: inventory.names(), addressed: true });
    inventory.stop();
    if (parsed.kind !== 'command') return failure(parsed.kind === 'refusal' ? parsed.reason : 'nothing to explain');
    const command = parsed.command.kind === 'explain' ? parsed.command.of : parsed.command;
    if (command.kind !== 'action') return failure('help is for everybody');
    const bound = registry.get(command.action)?.bind(command.args, { requester: as, now });
    if (bound?.kind !== 'bound') return failure(bound?.reason ?? `there is no ${command.action}`);
    const place = { platform: TERMINAL, channel: 'cli', thread: null };
    const lines = explainLines(loaded.policy, { bound, person, place }, { inventory, now: () => now }, 'operator');
    print(ctx, { lines }, lines);
    return EXIT.done;
  } finally {
    await host.close();
  }
}
