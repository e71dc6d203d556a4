/** Registration of commands in the fake Discord. Creates are counted: 200 a day and guild are allowed. */
import type { JsonObject } from '../../../actions/action.ts';
import { ok } from './channel-routes.ts';
import { checkCommand } from './command-rules.ts';
import { failures, text } from './failure.ts';
import type { Call, Route } from './routes.ts';
import { APPLICATION, nextId } from './world.ts';

const CREATES_A_DAY = 200;
const COMMANDS = 100;
const scopes = ['/applications/:application/guilds/:guild/commands', '/applications/:application/commands'];

export const commandRoutes: Route[] = scopes.flatMap((scope): Route[] => [
  { route: `GET ${scope}`, schemas: [], auth: true, run: (call) => ({ status: 200, body: inScope(call) }) },
  {
    route: `POST ${scope}`,
    schemas: ['ApplicationCommandCreateRequest'],
    auth: true,
    run: (call) => {
      call.refuse(checkCommand(call.body));
      const old = inScope(call).find(({ name }) => name === call.body.name);
      if (old === undefined) count(call);
      return { status: old === undefined ? 201 : 200, body: put(call, call.body, text(old ?? {}, 'id')) };
    },
  },
  {
    route: `PATCH ${scope}/:command`,
    schemas: ['ApplicationCommandPatchRequestPartial'],
    auth: true,
    run: (call) => {
      const old = inScope(call).find(({ id }) => id === call.params.command);
      if (old === undefined) throw failures.unknownCommand();
      call.refuse(checkCommand({ ...old, ...call.body }));
      return ok(put(call, { ...old, ...call.body }, text(old, 'id')));
    },
  },
  {
    route: `DELETE ${scope}/:command`,
    schemas: [],
    auth: true,
    run: (call) => {
      const at = call.world.commands.findIndex(({ id }) => id === call.params.command);
      if (at === -1) throw failures.unknownCommand();
      call.world.commands.splice(at, 1);
      return { status: 204, body: null };
    },
  },
]);

function inScope({ world, params }: Call): JsonObject[] {
  return world.commands.filter(({ guild_id }) => (guild_id ?? null) === (params.guild ?? null));
}

function count(call: Call): void {
  const { world } = call;
  if (world.creates >= CREATES_A_DAY || inScope(call).length >= COMMANDS) throw failures.tooManyCreates();
  world.creates += 1;
}

function put(call: Call, body: JsonObject, id: string | null): JsonObject {
  const { world, params } = call;
  const command: JsonObject = {
    type: 1,
    default_member_permissions: null,
    nsfw: false,
    contexts: null,
    integration_types: [0],
    ...body,
    id: id ?? nextId(world),
    application_id: APPLICATION,
    version: nextId(world),
    ...(params.guild === undefined ? {} : { guild_id: params.guild }),
    options: tidy(body.options),
  };
  const at = world.commands.findIndex((old) => old.id === command.id);
  if (at === -1) world.commands.push(command);
  else world.commands[at] = command;
  return command;
}

/** Discord leaves out what is false. */
function tidy(options: JsonObject[string] | undefined): JsonObject[] {
  if (!Array.isArray(options)) return [];
  return options.flatMap((option) => {
    if (typeof option !== 'object' || option === null || Array.isArray(option)) return [];
    const { required, autocomplete, options: inner, ...rest } = option;
    return [
      {
        ...rest,
        ...(required === true ? { required } : {}),
        ...(autocomplete === true ? { autocomplete } : {}),
        ...(inner === undefined ? {} : { options: tidy(inner) }),
      },
    ];
  });
}
