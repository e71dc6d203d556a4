/** What the page knows, as plain data, and the threads made of it. Pure. */

export const emptyState = {
  people: new Map(),
  channels: [],
  messages: new Map(),
  whispers: new Map(),
  unread: new Map(),
};

/** Takes the place of everything known. */
export function withSnapshot(state, { people, channels, whispers }) {
  return {
    ...emptyState,
    unread: state.unread,
    people: new Map(people.map(({ id, name }) => [id, name])),
    channels: channels.map(({ name, older }) => ({ name, older })),
    messages: byId(channels.flatMap(({ messages }) => messages)),
    whispers: byId(whispers),
  };
}

/** The newest revision stays, in whatever order they come. `seen`: nobody needs to be told. */
export function withMessage(state, message, seen) {
  const known = state.messages.get(message.id);
  if (known !== undefined && known.revision >= message.revision) return state;
  const messages = new Map(state.messages).set(message.id, message);
  const unread = known !== undefined || seen ? state.unread : counted(state.unread, message.channel);
  return { ...state, messages, unread };
}

export function withWhisper(state, whisper) {
  return { ...state, whispers: new Map(state.whispers).set(whisper.id, whisper) };
}

export function withOlder(state, channel, { messages, older }) {
  const channels = state.channels.map((known) => (known.name === channel ? { ...known, older } : known));
  const merged = new Map(state.messages);
  for (const message of messages)
    if ((merged.get(message.id)?.revision ?? -1) < message.revision) merged.set(message.id, message);
  return { ...state, channels, messages: merged };
}

export function withAllRead(state, channel) {
  if (!state.unread.has(channel)) return state;
  const unread = new Map(state.unread);
  unread.delete(channel);
  return { ...state, unread };
}

/** Threads of a channel, oldest root first: `{ root, replies }`, both messages or whispers. */
export function threadsOf(state, channel, now) {
  const messages = [...state.messages.values()].filter((message) => message.channel === channel);
  const whispers = [...state.whispers.values()].filter(
    (whisper) => whisper.channel === channel && whisper.expires > now,
  );
  const all = withWhispersByTime(
    messages.sort((a, b) => (a.id < b.id ? -1 : 1)),
    whispers,
  );
  const isReply = ({ thread }) => thread !== null && state.messages.has(thread);
  const replies = Map.groupBy(all.filter(isReply), ({ thread }) => thread);
  return all.filter((item) => !isReply(item)).map((root) => ({ root, replies: replies.get(root.id) ?? [] }));
}

/** Cards that wait for somebody's approval, oldest first. */
export function waitingCards(state) {
  return [...state.messages.values()]
    .filter(
      ({ content }) => content.kind === 'card' && content.card.tone === 'waiting' && content.card.buttons.length > 0,
    )
    .sort((a, b) => a.created - b.created);
}

/** Messages keep the order of their numbers, whatever the clock did; a whisper comes after what was there before it. */
function withWhispersByTime(messages, whispers) {
  const all = [...messages];
  for (const whisper of whispers.sort((a, b) => a.created - b.created)) {
    all.splice(all.findLastIndex(({ created }) => created <= whisper.created) + 1, 0, whisper);
  }
  return all;
}

function counted(unread, channel) {
  return new Map(unread).set(channel, (unread.get(channel) ?? 0) + 1);
}

function byId(items) {
  return new Map(items.map((item) => [item.id, item]));
}
