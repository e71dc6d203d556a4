/** Drover's own web chat over HTTP, as its page speaks it. */
import { createWebChat } from '../../bot/chat/web/web.ts';
import { visit } from '../lab/visitor.ts';
import { type MakePlatform, type PersonPort, sightOf, stageOn, wordsOf } from './stage.ts';

const makeWeb: MakePlatform = async ({ drover }) => {
  const ids = drover.config.people.flatMap(({ name, accounts }) => accounts.web.map((id) => ({ id, name })));
  let twice = false;
  const chat = createWebChat({
    store: drover.store,
    receive: async (inbound) => {
      const again = twice ? drover.desk.receive(inbound) : null;
      await drover.desk.receive(inbound);
      await again;
    },
    people: () => ids,
    channels: ['ops'],
    demo: true,
    host: '127.0.0.1',
    port: 0,
    token: crypto.randomUUID().replaceAll('-', ''),
  });
  drover.addPlatform(chat);
  const { url } = await chat.listen();
  const leaving: (() => void)[] = [];

  async function person(account: string): Promise<PersonPort> {
    const visitor = await visit(url, account);
    leaving.push(visitor.leave);
    return {
      async say(text, again) {
        twice = again;
        await visitor.say(text);
      },
      async press({ id, request, digest }, verb, input, again) {
        const message = visitor.messages().find((candidate) => candidate.id === id);
        if (message?.content.kind !== 'card') throw new Error(`${account} does not see the card ${id}`);
        twice = again;
        // The page may show an older plan than there is by now.
        const card = { ...message.content.card, operation: { request: request ?? 0, digest } };
        await visitor.press({ ...message, content: { kind: 'card', card } }, verb, input);
      },
      sees: async () =>
        visitor.messages().flatMap(({ id, content }) => (content.kind === 'card' ? [sightOf(id, content.card)] : [])),
      told: async () => visitor.whispers.map(wordsOf),
    };
  }

  return {
    person,
    async close() {
      for (const leave of leaving) leave();
    },
  };
};

export const webStage = stageOn(makeWeb);
