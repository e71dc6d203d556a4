/** What a person finds on the home page of a platform: own VMs with their lease, own requests, what waits for him. */
import type { Card, PlatformUser } from './chat/card.ts';
import type { Inventory } from './inventory.ts';
import { votersOf } from './judge.ts';
import type { Operation } from './operations/operation.ts';
import type { Operations } from './operations/operations.ts';
import type { Outbox } from './outbox.ts';
import type { People } from './people.ts';
import { renderThread } from './thread.ts';

export interface HomePorts {
  people: People;
  operations: Operations;
  inventory: Inventory;
  outbox: Outbox;
}

/** Requests shown at most, newest first. */
const RECENT = 50;
const MOST_OWN = 5;
const MOST_VMS = 25;

export async function homeCards(user: PlatformUser, ports: HomePorts): Promise<Card[]> {
  const identified = await ports.people.identify(user);
  if (identified.kind === 'stranger')
    return [textCard(`${identified.reason}.`, 'Ask an operator to add your account.')];
  const { person } = identified;
  const members = await ports.people.members();
  const open = (await ports.operations.open()).map(({ operation }) => operation);
  const waiting = open.filter((one) => one.state === 'waiting' && votersOf(one, members).includes(person.name));
  const own = (await ports.operations.recent(RECENT)).filter(({ requester }) => requester === person.name);
  return [
    ...(await Promise.all(waiting.map((one) => shown(one, ports)))),
    requestsCard(own.slice(0, MOST_OWN)),
    vmsCard([person.name, ...person.groups], ports.inventory),
  ];
}

async function shown(operation: Operation, { outbox }: HomePorts): Promise<Card> {
  return renderThread(operation, await outbox.contextOf(operation)).card;
}

function requestsCard(own: Operation[]): Card {
  if (own.length === 0) return textCard('Your requests', 'None so far. vm help shows what you can ask for.');
  const rows = own.map(({ request, line, state }) => [`#${request}`, line, state]);
  return tableCard('Your requests', ['', 'Asked', 'State'], rows);
}

function vmsCard(owners: string[], inventory: Inventory): Card {
  const vms = inventory.domains().filter(({ metadata }) => owners.includes(metadata.owner));
  if (vms.length === 0) return textCard('Your VMs', 'None. vm create <name> makes one.');
  const rows = vms
    .slice(0, MOST_VMS)
    .map(({ name, state, metadata }) => [name, state, metadata.owner, metadata.expires ?? 'no lease']);
  const more = vms.length > MOST_VMS ? ` (${MOST_VMS} of ${vms.length})` : '';
  return tableCard(`Your VMs${more}`, ['VM', 'State', 'Owner', 'Lease until'], rows);
}

function tableCard(title: string, columns: string[], rows: string[][]): Card {
  return { tone: 'info', title, blocks: [{ kind: 'table', columns, rows }], buttons: [], operation: null };
}

function textCard(title: string, text: string): Card {
  return { tone: 'info', title, blocks: [{ kind: 'text', text }], buttons: [], operation: null };
}
