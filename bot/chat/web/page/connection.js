/**
 * The event stream, for as long as the page is open. The browser comes back by itself after a lost connection; after an
 * answer other than 200, or a silence longer than three heartbeats, this does.
 */
import { load } from '/page/server.js';

const SILENCE_MS = 45_000;
const AGAIN_MS = 1_000;

/**
 * @param {string} person
 * @param {{ event: (name: string, data: any) => void, status: (status: 'open' | 'lost' | 'gone') => void }} on
 * @returns {() => void} stops it
 */
export function connect(person, on) {
  let source = null;
  let lastId = '';
  let timer = 0;
  let stopped = false;

  function open() {
    source = new EventSource(`/events?as=${encodeURIComponent(person)}&after=${encodeURIComponent(lastId)}`);
    for (const name of ['snapshot', 'message', 'whisper', 'resumed', 'beat']) source.addEventListener(name, heard);
    source.onerror = lost;
    watchSilence();
  }

  function heard(event) {
    if (event.lastEventId !== '') lastId = event.lastEventId;
    on.status('open');
    if (event.data !== '') on.event(event.type, JSON.parse(event.data));
    watchSilence();
  }

  function watchSilence() {
    clearTimeout(timer);
    timer = setTimeout(again, SILENCE_MS);
  }

  function lost() {
    on.status('lost');
    if (source.readyState !== EventSource.CLOSED) return;
    clearTimeout(timer);
    timer = setTimeout(again, AGAIN_MS);
  }

  /** A stream does not tell why it was refused; another request does. */
  async function again() {
    source.close();
    on.status('lost');
    const answer = await load('/session');
    if (stopped) return;
    if (answer.kind === 'failed' && answer.status === 403) on.status('gone');
    else open();
  }

  open();
  return () => {
    stopped = true;
    clearTimeout(timer);
    source.close();
  };
}
