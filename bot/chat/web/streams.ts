/**
 * Event streams to pages (server-sent events). A page that comes back with the last id it saw gets what it missed; when
 * that is no longer known, or the program was started anew, it gets a snapshot instead.
 * Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
import { randomUUID } from 'node:crypto';
import { LIMITS } from './limits.ts';

export interface PageEvent {
  name: 'message' | 'whisper';
  /** The only person who may get it; null: everybody. */
  to: string | null;
  data: unknown;
}

export interface Streams {
  publish(event: PageEvent): void;
  /** A new stream for this person's page; `null` when there are too many. `snapshot` is asked for where it is needed. */
  open(person: string, lastId: string | null, snapshot: () => Promise<unknown>): ReadableStream<Uint8Array> | null;
  /** Ends every stream. */
  close(): void;
}

interface Client {
  person: string;
  /** Kept back until `release`. */
  send(chunk: string): void;
  /** Sends `first`, and then what was kept back. */
  release(first: string): void;
  end(): void;
}

export function createStreams(report: (error: unknown) => void): Streams {
  const start = randomUUID();
  const clients = new Set<Client>();
  const replay: { number: number; event: PageEvent }[] = [];
  let last = 0;
  const heartbeat = setInterval(() => {
    for (const client of clients) client.send('event: beat\ndata:\n\n');
  }, LIMITS.heartbeatMs);
  heartbeat.unref();

  /** What came after `lastId`, or null when that cannot be known any more. */
  function missedSince(lastId: string | null, person: string): string[] | null {
    const [from, number] = (lastId ?? '').split('.');
    const oldest = last - replay.length;
    if (from !== start || number === undefined || Number(number) < oldest) return null;
    return replay
      .filter((kept) => kept.number > Number(number) && mayGet(person, kept.event))
      .map((kept) => frame(`${start}.${kept.number}`, kept.event.name, kept.event.data));
  }

  /** What is published while the snapshot is read comes after it, so that a page may trust the snapshot to be first. */
  async function greet(client: Client, lastId: string | null, snapshot: () => Promise<unknown>): Promise<void> {
    const missed = missedSince(lastId, client.person);
    const id = `${start}.${last}`;
    clients.add(client);
    client.release(
      missed === null ? frame(id, 'snapshot', await snapshot()) : `event: resumed\ndata:\n\n${missed.join('')}`,
    );
  }

  return {
    publish(event) {
      last += 1;
      replay.push({ number: last, event });
      if (replay.length > LIMITS.replayEvents) replay.shift();
      const chunk = frame(`${start}.${last}`, event.name, event.data);
      for (const client of clients) if (mayGet(client.person, event)) client.send(chunk);
    },
    open(person, lastId, snapshot) {
      if (clients.size >= LIMITS.streams) return null;
      return openStream(person, {
        begin: (client) => {
          greet(client, lastId, snapshot).catch((error) => {
            client.end();
            report(error);
          });
        },
        end: (client) => clients.delete(client),
      });
    },
    close() {
      clearInterval(heartbeat);
      for (const client of clients) client.end();
    },
  };
}

function openStream(
  person: string,
  { begin, end }: { begin: (client: Client) => void; end: (client: Client) => void },
): ReadableStream<Uint8Array> {
  let client: Client | null = null;
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        client = createClient(person, controller, end);
        begin(client);
      },
      cancel() {
        if (client !== null) end(client);
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: LIMITS.streamBacklogBytes }),
  );
}

function createClient(
  person: string,
  controller: ReadableStreamDefaultController<Uint8Array>,
  onEnd: (client: Client) => void,
): Client {
  const encoder = new TextEncoder();
  let held: string[] | null = ['retry: 1000\n\n'];
  let open = true;
  const client: Client = {
    person,
    send(chunk) {
      if (!open) return;
      if (held !== null) held.push(chunk);
      else controller.enqueue(encoder.encode(chunk));
      if ((controller.desiredSize ?? 0) <= 0) client.end();
    },
    release(first) {
      const rest = held ?? [];
      held = null;
      client.send([first, ...rest].join(''));
    },
    end() {
      if (!open) return;
      open = false;
      onEnd(client);
      controller.close();
    },
  };
  return client;
}

function mayGet(person: string, { to }: PageEvent): boolean {
  return to === null || to === person;
}

/** JSON has no raw line feeds, so one `data:` line holds it. */
function frame(id: string, name: string, data: unknown): string {
  return `id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
