/** Cuts a file's bytes into lines as they come, without ever holding more of a line than an event may have. */
import { LINE_MAX_BYTES, type Malformed, malformed, type PlayEvent, parseEventLine } from './events.ts';

const LINE_FEED = 10;

export interface Followed {
  event: PlayEvent | Malformed;
  /** Where the next line begins: whoever has handled `event` goes on from here. */
  nextByte: number;
}

export function createLineReader(fromByte: number) {
  let nextByte = fromByte;
  let parts: Uint8Array[] = [];
  let bytes = 0;

  function keep(part: Uint8Array): void {
    bytes += part.length;
    if (bytes <= LINE_MAX_BYTES) parts.push(part);
    else parts = [];
  }

  function finish(lineFeed: number, event: () => PlayEvent | Malformed): Followed {
    nextByte += bytes + lineFeed;
    const followed = { event: event(), nextByte };
    parts = [];
    bytes = 0;
    return followed;
  }

  function parsePending(): PlayEvent | Malformed {
    if (bytes > LINE_MAX_BYTES) return malformed(bytes, `longer than ${LINE_MAX_BYTES} bytes`);
    return parseEventLine(Buffer.concat(parts));
  }

  return {
    /** Lines that end within `chunk`, which must not be used again by the caller. */
    *read(chunk: Uint8Array): Generator<Followed> {
      let from = 0;
      for (let at = chunk.indexOf(LINE_FEED); at !== -1; at = chunk.indexOf(LINE_FEED, from)) {
        keep(chunk.subarray(from, at));
        from = at + 1;
        yield finish(1, parsePending);
      }
      keep(chunk.subarray(from));
    },
    /** What stands after the last line feed, when nobody writes any more. */
    *end(): Generator<Followed> {
      const torn = bytes;
      if (torn > 0) yield finish(0, () => malformed(torn, 'cut short: the last line has no end'));
    },
  };
}
