/** The messages of one channel, each thread nested under its root. */
import { useLayoutEffect, useRef, useState } from '/lib/hooks.js';
import { Card } from '/page/card.js';
import { Composer } from '/page/composer.js';
import { html, safe } from '/page/html.js';
import { Icon } from '/page/icons.js';

/** Pixels from the end within which the view follows new messages. */
const NEAR_END = 80;

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const calendar = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });

export function Timeline({ threads, people, channel, older, onOlder, maxLength }) {
  const { view, following, follow, onScroll } = useFollow(channel, threads);
  const [answering, setAnswering] = useState(null);
  return html`<div class="timeline" ref=${view} onScroll=${onScroll}>
    <div class="timeline-inner">
      ${older === null ? null : html`<button type="button" class="button older" onClick=${onOlder}>Show older messages</button>`}
      ${threads.length === 0 ? html`<${Empty} channel=${channel} />` : null}
      <ol class="threads">
        ${threads.map(
          (thread, at) => html`<li key=${thread.root.id}>
            ${day(thread.root) === day(threads[at - 1]?.root) ? null : html`<h2 class="day"><span>${day(thread.root)}</span></h2>`}
            <${Thread} ...${thread} people=${people} channel=${channel} maxLength=${maxLength}
              answering=${answering === thread.root.id} onAnswering=${(open) => setAnswering(open ? thread.root.id : null)} />
          </li>`,
        )}
      </ol>
    </div>
    ${following ? null : html`<button type="button" class="button newest" onClick=${follow}>Newest messages ↓</button>`}
  </div>`;
}

/** Follows the end while one is there; else stays where one reads. */
function useFollow(channel, threads) {
  const view = useRef(null);
  const pinned = useRef(true);
  const shown = useRef(channel);
  const [following, setFollowing] = useState(true);
  const follow = () => {
    pinned.current = true;
    setFollowing(true);
    view.current.scrollTop = view.current.scrollHeight;
  };
  useLayoutEffect(() => {
    const target = document.getElementById(location.hash.slice(1));
    if (shown.current !== channel && target === null) pinned.current = true;
    shown.current = channel;
    if (pinned.current) follow();
  }, [channel, threads]);
  const onScroll = ({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
    pinned.current = scrollHeight - scrollTop - clientHeight < NEAR_END;
    setFollowing(pinned.current);
  };
  return { view, following, follow, onScroll };
}

function Thread({ root, replies, people, channel, maxLength, answering, onAnswering }) {
  return html`<div class="thread">
    <${Item} item=${root} people=${people} maxLength=${maxLength} />
    ${
      replies.length === 0
        ? null
        : html`<ol class="replies" aria-label="Thread">
            ${replies.map((reply) => html`<li key=${reply.id}><${Item} item=${reply} people=${people} maxLength=${maxLength} /></li>`)}
          </ol>`
    }
    ${
      root.content === undefined
        ? null
        : answering
          ? html`<div class="answering"><${Composer} channel=${channel} thread=${root.id} label="Reply in this thread" maxLength=${maxLength} focused=${true} onClose=${() => onAnswering(false)} /></div>`
          : html`<button type="button" class="quiet reply" onClick=${() => onAnswering(true)}>Reply<span class="hidden"> in this thread</span></button>`
    }
  </div>`;
}

/** A message or a whisper. */
function Item({ item, people, maxLength }) {
  if (item.content === undefined) {
    const footer = html`<span>Drover</span><${Stamp} time=${item.created} />`;
    return html`<div class="whisper" id=${item.id}>
      <p class="only-you"><${Icon} name="private" />Only you see this, until ${clock.format(item.expires)}</p>
      <${Card} id=${item.id} card=${item.card} footer=${footer} maxLength=${maxLength} />
    </div>`;
  }
  if (item.content.kind === 'line') return html`<${Line} item=${item} people=${people} />`;
  const footer = html`<span>Drover</span><${Stamp} time=${item.created} edited=${item.edited} />`;
  return html`<div class="message" id=${item.id} tabindex="-1"><${Card} id=${item.id} card=${item.content.card} footer=${footer} maxLength=${maxLength} /></div>`;
}

function Line({ item, people }) {
  const name = safe(people.get(item.author.id) ?? item.author.id);
  const text = safe(item.content.text);
  return html`<article class="line" id=${item.id} tabindex="-1">
    <span class=${`avatar hue${hue(item.author.id)}`} aria-hidden="true">${[...name][0] ?? '?'}</span>
    <div>
      <p class="line-head"><b class="name">${name}</b><${Stamp} time=${item.created} /></p>
      <p class=${/^vm\s/.test(text) ? 'line-text command' : 'line-text'}>${text}</p>
    </div>
  </article>`;
}

function Stamp({ time, edited = null }) {
  const sameMinute = edited !== null && clock.format(edited) === clock.format(time);
  return html`<span class="stamp">
    <time datetime=${new Date(time).toISOString()} title=${full.format(time)}>${clock.format(time)}</time>
    ${edited === null || sameMinute ? null : html`, updated ${clock.format(edited)}`}
  </span>`;
}

function Empty({ channel }) {
  return html`<div class="empty">
    <p><b>Nothing has been said in #${channel} yet.</b></p>
    <p class="muted">Ask for something: <code>vm list</code> shows the machines, <code>vm help</code> what you can ask.</p>
  </div>`;
}

function day(item) {
  return item === undefined ? '' : calendar.format(item.created);
}

/** One of six colours for a person, always the same. */
function hue(id) {
  return [...id].reduce((sum, letter) => sum + letter.codePointAt(0), 0) % 6;
}
