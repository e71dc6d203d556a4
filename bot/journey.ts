/**
 * The journey of a command, from a message to an operation that waits or is queued: admit, identify, parse, bind,
 * decide, plan, ask. What follows a button is in `presses.ts`, what follows a queue in `operations/executor.ts`.
 */
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Bound, JsonObject, Outcome } from '../actions/action.ts';
import { OpsError } from '../actions/errors.ts';
import type { Host } from '../actions/host.ts';
import type { Registry } from '../actions/registry.ts';
import type { AuditLog } from '../audit/record.ts';
import type { PolicyPerson } from '../policies/decision.ts';
import type { LoadedPolicy } from '../policies/load.ts';
import { deniedAnswer, helpAnswer, outcomeAnswer, refusalAnswer, suggestionAnswer, textAnswer } from './answers.ts';
import type { Auids } from './auids.ts';
import type { Card, ChatPlatform, Inbound } from './chat/card.ts';
import { stripAddress } from './command/address.ts';
import type { Command } from './command/command.ts';
import { formatBound } from './command/format.ts';
import { helpCard } from './command/help.ts';
import { parseLine } from './command/parse.ts';
import { explainLines } from './explanation.ts';
import { type Decided, decide, recordDecision } from './gates.ts';
import type { Handled } from './handled.ts';
import type { Admitted, Inbox } from './inbox.ts';
import { type JudgePorts, judge } from './judge.ts';
import { newOperation } from './operations/new.ts';
import type { Operation } from './operations/operation.ts';
import type { Operations } from './operations/operations.ts';
import type { Recorder } from './record.ts';
import type { Subject } from './record-entry.ts';
import { visibleActions, visibleVms } from './rights.ts';
import { stranger } from './stranger.ts';
import { answer, answerKey, threadOf, whisper } from './tell.ts';
import { planCard } from './thread.ts';

export interface JourneyPorts extends Omit<JudgePorts, 'policy'> {
  policy(): LoadedPolicy;
  auids: Auids;
  inbox: Inbox;
  operations: Operations;
  registry: Registry;
  host: Host;
  audit: AuditLog;
  recorder: Recorder;
  log: Logger;
  platform(name: string): ChatPlatform | undefined;
  /** Queued work is there. */
  pump(): void;
}

type Line = Inbound & { kind: 'line' };

/** A person's request on its way: everything that the later stages need of the earlier ones. */
interface Traveller {
  admitted: Admitted & { inbound: Inbound };
  person: PolicyPerson;
  subject: Subject;
}

export interface Journey {
  /** A line that is not for Drover is not even written down. */
  concerns(inbound: Inbound): boolean;
  line(admitted: Admitted, inbound: Line): Promise<Handled>;
  /** A typed command of somebody known: from a line, an undo button, a form. */
  command(traveller: Traveller, command: Command): Promise<Handled>;
  /** Decides and plans an operation that was received; again after a crash. */
  proceed(request: number): Promise<void>;
}

export function createJourney(ports: JourneyPorts): Journey {
  async function line(admitted: Admitted, inbound: Line): Promise<Handled> {
    const { text, from, eventId } = inbound;
    const identified = await ports.people.identify(from);
    if (identified.kind === 'stranger') return stranger(admitted, identified.reason, ports);
    const { person } = identified;
    const subject = await subjectFor(admitted, person, ports);
    const traveller = { admitted, person, subject };
    ports.recorder.request(subject, text, eventId);
    const parsed = parseLine(text, {
      actions: ports.registry.actions.values(),
      vmNames: visibleVms(person, inbound.place, ports),
      addressed: isDirect(inbound),
    });
    switch (parsed.kind) {
      case 'ignored':
        return { kind: 'ignored' };
      case 'refusal':
        ports.recorder.parsed(subject, text, '?', false);
        return tell(traveller, suggestionAnswer(parsed.reason, parsed.suggestion), 'refused');
      case 'command':
        return command(traveller, parsed.command);
    }
  }

  async function command(traveller: Traveller, asked: Command): Promise<Handled> {
    const { subject, person, admitted } = traveller;
    const { place } = admitted.inbound;
    switch (asked.kind) {
      case 'help': {
        ports.recorder.parsed(subject, `vm help ${asked.verb ?? ''}`.trim(), 'help', true);
        return tell(traveller, helpAnswer(helpCard(visibleActions(person, place, ports), asked.verb)), 'answered');
      }
      case 'explain': {
        const bound = await bind(traveller, asked.of.action, asked.of.args);
        if (bound === null) return { kind: 'refused' };
        const lines = explainLines(ports.policy(), { bound, person, place }, ports);
        return tell(traveller, textAnswer(`Explained: ${lineOf(bound, false)}`, lines), 'answered');
      }
      case 'action': {
        const bound = await bind(traveller, asked.action, asked.args);
        if (bound === null) return { kind: 'refused' };
        if (bound.action.risk === 'read' || asked.dryRun) return look(traveller, bound, asked.dryRun);
        return request(traveller, bound);
      }
    }
  }

  async function bind({ person, admitted, subject }: Traveller, name: string, args: JsonObject): Promise<Bound | null> {
    const action = ports.registry.get(name);
    const bound = action?.bind(args, { requester: person.name, now: admitted.at });
    if (bound?.kind === 'bound') {
      ports.recorder.parsed(subject, lineOf(bound, false), name, true);
      return bound;
    }
    ports.recorder.parsed(subject, name, name, false);
    const { reason, hint } = bound ?? { reason: `there is no ${name}`, hint: 'ask for help: vm help' };
    await whisper(admitted.inbound, refusalAnswer(reason, hint), ports);
    return null;
  }

  /** Reading and dry runs change nothing, so they leave records in the audit log and no operation. */
  async function look(traveller: Traveller, bound: Bound, dryRun: boolean): Promise<Handled> {
    const { person, admitted, subject } = traveller;
    const { place } = admitted.inbound;
    const uuid = randomUUID();
    try {
      const judged = await judge({ bound, person, place, uuid }, ports);
      recordDecision(subject, bound, judged, ports.recorder);
      switch (judged.kind) {
        case 'denied':
          return await tell(traveller, deniedAnswer(lineOf(bound, dryRun), judged.decision), 'refused');
        case 'refused':
          return await tell(traveller, refusalAnswer(judged.refusal.reason, judged.refusal.hint), 'refused');
        case 'planned': {
          const title = `${lineOf(bound, dryRun)} would do this, and nothing was done`;
          const card = dryRun
            ? planCard(title, judged.plan, judged.info, judged.demand)
            : outcomeAnswer(await read(bound, judged.facts, traveller, uuid));
          await answer(admitted.inbound, answerKey(admitted.request), card, ports);
          return { kind: 'answered' };
        }
      }
    } catch (error) {
      if (!(error instanceof OpsError)) throw error;
      return tell(traveller, refusalAnswer(`Could not look: ${error.message}`, null), 'refused');
    }
  }

  function read(bound: Bound, facts: Operation['facts'], traveller: Traveller, uuid: string): Promise<Outcome> {
    const { admitted, person } = traveller;
    const visible = new Set(visibleVms(person, admitted.inbound.place, ports));
    return bound.execute({
      host: ports.host,
      facts,
      uuid,
      request: admitted.request,
      startedAt: admitted.at,
      signal: new AbortController().signal,
      step: async ({ title }) => Promise.reject(new Error(`${bound.action.name} reads, and must not do ${title}`)),
      wait: (_title, run) => run(),
      maySee: (vm) => visible.has(vm),
    });
  }

  async function request(traveller: Traveller, bound: Bound): Promise<Handled> {
    const { admitted, person } = traveller;
    const asked = { requester: person.name, line: lineOf(bound, false), bound, place: threadOf(admitted.inbound) };
    const operation = newOperation(admitted, asked);
    const deciding = decide(operation, ports);
    const soon = await within(deciding, SIGN_AFTER_MS);
    const first = { ...operation, ...soon?.patch };
    await ports.recorder.settled();
    if (await ports.operations.create(first, ports.inbox.closing(admitted))) {
      if (soon === null) await settle(operation.request, await deciding);
      else await follow(first, soon.card);
    }
    return { kind: 'operation', request: operation.request };
  }

  async function proceed(number: number): Promise<void> {
    const seen = await ports.operations.get(number);
    if (seen?.operation.state === 'received') await settle(number, await decide(seen.operation, ports));
  }

  async function settle(number: number, { patch, card }: Decided): Promise<void> {
    const now = await ports.operations.update(number, ({ state }) => (state === 'received' ? patch : null));
    if (now !== null) await follow(now, card);
  }

  async function follow(operation: Operation, card: Card | null): Promise<void> {
    if (card !== null) await whisper(operation, card, ports);
    if (operation.state === 'queued') ports.pump();
  }

  async function tell({ admitted }: Traveller, card: Card, kind: 'answered' | 'refused'): Promise<Handled> {
    await whisper(admitted.inbound, card, ports);
    return { kind };
  }

  return {
    concerns: (inbound) => inbound.kind === 'press' || stripAddress(inbound.text, isDirect(inbound)) !== null,
    line,
    command,
    proceed,
  };
}

async function subjectFor(
  { request, inbound }: Admitted,
  person: PolicyPerson,
  { auids }: JourneyPorts,
): Promise<Subject> {
  const { place, address } = inbound;
  return { request, actor: await auids.actor(person.name), account: person.name, place, address };
}

/** A decision that takes longer is made durable as a request that was received, and the person gets a sign of it. */
const SIGN_AFTER_MS = 250;

/** null: not within `ms`; the work goes on. */
async function within<T>(work: Promise<T>, ms: number): Promise<T | null> {
  const timer = Promise.withResolvers<null>();
  const timeout = setTimeout(timer.resolve, ms, null);
  try {
    return await Promise.race([work, timer.promise]);
  } finally {
    clearTimeout(timeout);
  }
}

function lineOf(bound: Bound, dryRun: boolean): string {
  return formatBound(bound, { dryRun });
}

/** A terminal speaks with Drover alone; other platforms strip their own forms of address. */
function isDirect({ place }: Inbound): boolean {
  return place.platform === 'terminal';
}
