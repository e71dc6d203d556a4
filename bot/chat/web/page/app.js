/** The chat of one person: follows the event stream, shows one channel, tells what is new. */
import { useEffect, useMemo, useReducer, useRef, useState } from '/lib/hooks.js';
import { toneWords } from '/page/card.js';
import { Composer } from '/page/composer.js';
import { connect } from '/page/connection.js';
import { html, safe } from '/page/html.js';
import { load } from '/page/server.js';
import { Sidebar } from '/page/sidebar.js';
import {
  emptyState,
  threadsOf,
  waitingCards,
  withAllRead,
  withMessage,
  withOlder,
  withSnapshot,
  withWhisper,
} from '/page/state.js';
import { Timeline } from '/page/timeline.js';

/** Whispers fade by themselves at about this pace. */
const TICK_MS = 20_000;

export function App({ person, lineLength, onLeave }) {
  const [state, change] = useReducer((state, step) => step(state), emptyState);
  const [status, setStatus] = useState('connecting');
  const [said, setSaid] = useState('');
  const hash = useHash();
  const now = useTick();
  const channel = state.channels.find(({ name }) => name === hash.split('/')[0]) ??
    state.channels[0] ?? { name: '', older: null };
  const shown = useRef('');
  shown.current = channel.name;

  useEffect(() => {
    const on = {
      snapshot: (data) => change((state) => withSnapshot(state, data)),
      message(message) {
        change((state) => withMessage(state, message, isSeen(message, person, shown.current)));
        setSaid(announcement(message, person));
      },
      whisper(whisper) {
        change((state) => withWhisper(state, whisper));
        setSaid(`Only for you: ${safe(whisper.card.title)}`);
      },
    };
    return connect(person, { event: (name, data) => on[name](data), status: setStatus });
  }, [person]);

  const unread = [...state.unread.values()].reduce((sum, count) => sum + count, 0);
  useEffect(() => {
    document.title = `${unread > 0 ? `(${unread}) ` : ''}#${channel.name} · Drover`;
    if (!document.hidden) change((state) => withAllRead(state, channel.name));
  }, [channel.name, unread, now]);
  useEffect(() => showTarget(hash), [hash, status === 'connecting']);

  const threads = useMemo(() => threadsOf(state, channel.name, now), [state, channel.name, now]);
  const waiting = useMemo(() => waitingCards(state), [state]);

  async function showOlder() {
    const answer = await load(`/messages?${new URLSearchParams({ channel: channel.name, before: channel.older })}`);
    if (answer.kind === 'ok') change((state) => withOlder(state, channel.name, answer.data));
  }

  return html`<div class="app">
    <a class="skip" href="#composer" onClick=${skipToComposer}>Skip to the message box</a>
    <${Sidebar} state=${state} channel=${channel.name} waiting=${waiting} person=${person} onLeave=${onLeave} />
    <main class="main">
      <div class="main-head"><h1><span class="hash" aria-hidden="true">#</span>${channel.name}</h1><${Connection} status=${status} /></div>
      <${Timeline} threads=${threads} people=${state.people} channel=${channel.name} older=${channel.older} onOlder=${showOlder} maxLength=${lineLength} />
      <div class="main-foot" id="composer">
        <${Composer} channel=${channel.name} thread=${null} label=${`Message #${channel.name}`} maxLength=${lineLength} focused=${channel.name !== '' && !hash.includes('/')} />
      </div>
    </main>
    <div class="hidden" role="status" aria-live="polite">${said}</div>
  </div>`;
}

const connectionTexts = {
  connecting: 'Connecting…',
  open: null,
  lost: 'Reconnecting…',
  gone: 'Drover was started anew. Open the new address that it printed in its terminal.',
};

function Connection({ status }) {
  return html`<p class=${`connection ${status}`} role="status">${connectionTexts[status] ?? html`<span class="hidden">Connected</span>`}</p>`;
}

/** The part of the address behind #: a channel, or a message of one. */
function useHash() {
  const [hash, setHash] = useState(location.hash.slice(1));
  useEffect(() => {
    const changed = () => setHash(location.hash.slice(1));
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  return hash;
}

function useTick() {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const tick = () => setNow(Date.now());
    const timer = setInterval(tick, TICK_MS);
    document.addEventListener('visibilitychange', tick);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', tick);
    };
  }, []);
  return now;
}

function showTarget(hash) {
  const target = hash.includes('/') ? document.getElementById(hash) : null;
  target?.scrollIntoView({ block: 'center' });
  target?.focus({ preventScroll: true });
}

function skipToComposer(event) {
  event.preventDefault();
  document.querySelector('#composer textarea').focus();
}

function isSeen({ channel, author }, person, shown) {
  return author.id === person || (!document.hidden && channel === shown);
}

/** What a screen reader says of a new or changed message; one's own lines need no telling. */
function announcement({ author, content }, person) {
  if (author.id === person) return '';
  if (content.kind === 'line') return `${safe(author.id)}: ${safe(content.text)}`;
  const running = content.card.blocks
    .find(({ kind }) => kind === 'steps')
    ?.steps.find(({ status }) => status === 'running');
  return `Drover, ${toneWords[content.card.tone]}: ${safe(content.card.title)}${running === undefined ? '' : `, ${safe(running.title)}`}`;
}
