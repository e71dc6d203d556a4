/** The shape of a route of the fake Discord, and how a path finds its route. */
import type { Json, JsonObject } from '../../../actions/action.ts';
import type { FakeInteraction, World } from './world.ts';

export interface Call {
  world: World;
  params: Record<string, string | undefined>;
  query: URLSearchParams;
  body: JsonObject;
  files: { name: string; text: string }[];
  /** ms; 3,000 at Discord. */
  ackDeadlineMs: number;
  /** Ends the call with 50035 and remembers the violations, if there are any. */
  refuse(wrong: string[]): void;
  /** Whoever waits for this acknowledgement hears of it. */
  acknowledged(interaction: FakeInteraction): void;
}

export interface Route {
  /** `PATCH /channels/:channel/messages/:message` */
  route: string;
  /** Schemas of the official description for the body; [] for no body. */
  schemas: string[];
  /** Whether the bot's token is needed. */
  auth: boolean;
  run(call: Call): { status: number; body: Json };
}

export interface Match {
  route: Route;
  params: Record<string, string>;
}

/** Literal pieces go before parameters. */
export function findRoute(routes: Route[], method: string, path: string): Match | null {
  const pieces = path.split('/').map(decodeURIComponent);
  for (const route of routes) {
    const [wanted, pattern = ''] = route.route.split(' ');
    const parts = pattern.split('/');
    if (wanted !== method || parts.length !== pieces.length) continue;
    if (!parts.every((part, at) => part.startsWith(':') || part === pieces[at])) continue;
    const named = parts.flatMap((part, at) =>
      part.startsWith(':') ? [[part.slice(1), pieces[at] ?? ''] as const] : [],
    );
    return { route, params: Object.fromEntries(named) };
  }
  return null;
}

/** What a bucket is counted by. */
export function majorOf(params: Record<string, string>): string {
  return params.channel ?? params.token ?? params.guild ?? '';
}
