/** One member of the server, as the fake Discord tells it: needs no intent. */
import { ok } from './channel-routes.ts';
import { failures } from './failure.ts';
import { memberJson, userJson } from './payloads.ts';
import type { Route } from './routes.ts';

export const memberRoute: Route = {
  route: 'GET /guilds/:guild/members/:user',
  schemas: [],
  auth: true,
  run: ({ world, params }) => {
    const user = [...world.users.values()].find(({ id }) => id === params.user);
    if (user === undefined) throw failures.unknownMember();
    return ok({ ...memberJson(user), user: userJson(user) });
  },
};
