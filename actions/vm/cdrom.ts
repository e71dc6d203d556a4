/**
 * Puts a CD into a VM's drive, or takes it out. A guest that has locked the drive is not overruled: libvirt says so.
 * Source: https://libvirt.org/html/libvirt-libvirt-domain.html#virDomainUpdateDeviceFlags
 */
import { z } from 'zod';
import type { Observed, Plan, Refusal } from '../action.ts';
import { VmName, VolumeName } from '../args.ts';
import { defineAction } from '../define.ts';
import type { HostReader, Volume } from '../host.ts';
import { DiskTarget, ObjectName } from './arg-types.ts';
import type { CreateSettings } from './create-plan.ts';
import { describeDomain, known, NO_COST, oneTarget, refuseMissing } from './known.ts';
import { diskOf, lookAtMachine, machineFacts, machineHas, machineStep, refuse, refuseMachine } from './machine.ts';

const Place = z.strictObject({ pool: z.string(), name: z.string(), path: z.string() }).nullable();
const CdromFacts = z
  .strictObject({
    ...machineFacts,
    drives: z.array(z.string()),
    drive: z.strictObject({ target: z.string(), source: z.string().nullable(), volume: Place }).nullable(),
    wanted: Place,
    wantedFormat: z.string(),
  })
  .nullable();
type CdromFacts = z.infer<typeof CdromFacts>;
type Known = NonNullable<CdromFacts>;

interface CdromArgs {
  vm: string;
  insert: string | null;
  eject: boolean;
  pool: string | null;
  drive: string | null;
}

export function createVmCdrom({ pool }: Pick<CreateSettings, 'pool'>) {
  return defineAction({
    name: 'vm.cdrom',
    summary: "Put a CD into a VM's drive, or take it out",
    risk: 'change',
    args: z.strictObject({
      vm: VmName.describe('the VM'),
      insert: VolumeName.nullable().default(null).describe('the CD: a volume with an ISO image'),
      eject: z.boolean().default(false).describe('take out what is in the drive'),
      pool: ObjectName.nullable().default(null).describe(`the pool of the CD; ${pool} when left out`),
      drive: DiskTarget.nullable().default(null).describe('the drive; not needed where there is only one'),
    }),
    positional: 'vm',
    examples: ['vm cdrom web-01 --insert debian-12.iso', 'vm cdrom web-01 --eject'],
    facts: CdromFacts,
    targets: oneTarget,
    observe: (args, read) => observeCdrom(args, pool, read),
    plan: (args, facts) => planCdrom(args, facts, pool),
    execute: async ({ vm, insert }, ctx) => {
      const { uuid, drive, wanted } = known(ctx.facts);
      if (drive === null) throw new Error('a drive that is missing was used');
      const { target } = drive;
      const source = wanted?.path ?? null;
      const what = insert === null ? `an empty drive ${target}` : `${insert} in its drive`;
      await ctx.step(
        machineStep(
          { title: `changing the CD of ${vm}`, vm, uuid, resource: 'disk', reason: 'update' },
          () => ctx.host.changeMedium(uuid, target, source),
          () => machineHas(ctx.host, vm, uuid, what, (hardware) => diskOf(hardware, target)?.source === source),
        ),
      );
      return { summary: `${vm} has ${what}`, blocks: [] };
    },
  });
}

async function observeCdrom(args: CdromArgs, defaultPool: string, read: HostReader): Promise<Observed<CdromFacts>> {
  const machine = await lookAtMachine(args.vm, read);
  if (machine === null) return { facts: null, info: [] };
  const drives = machine.hardware.disks.filter(({ device }) => device === 'cdrom');
  const found = args.drive === null ? drives : drives.filter(({ target }) => target === args.drive);
  const [only] = found.length === 1 ? found : [];
  const volume = only?.source == null ? null : await read.volumeByPath(only.source);
  const wanted = args.insert === null ? null : await read.volume(args.pool ?? defaultPool, args.insert);
  return {
    facts: {
      ...machine.facts,
      drives: drives.map(({ target }) => target),
      drive: only === undefined ? null : { target: only.target, source: only.source, volume: placeOf(volume) },
      wanted: placeOf(wanted),
      wantedFormat: wanted?.format ?? '',
    },
    info: describeDomain(machine.domain),
  };
}

function placeOf(volume: Volume | null): Known['wanted'] {
  return volume === null ? null : { pool: volume.pool, name: volume.name, path: volume.path };
}

function planCdrom(args: CdromArgs, facts: CdromFacts, defaultPool: string): Plan | Refusal {
  const { vm, insert } = args;
  if (facts === null) return refuseMissing(vm);
  const obstacle = refuseMachine(vm, facts) ?? refuseCd(args, facts, args.pool ?? defaultPool);
  if (obstacle !== null) return obstacle;
  const before = facts.drive?.volume ?? null;
  const target = facts.drive?.target ?? null;
  return {
    kind: 'plan',
    effects: [
      ...(facts.drive?.source == null
        ? []
        : [`Take ${before?.name ?? facts.drive.source} out of drive ${target} of ${vm}`]),
      ...(insert === null ? [] : [`Put ${insert} into drive ${target} of ${vm}`]),
    ],
    changes: [{ path: `domain/${vm}/CD`, before: before?.name ?? facts.drive?.source ?? null, after: insert }],
    lost: [],
    cost: NO_COST,
    undo: {
      action: 'vm.cdrom',
      args: { vm, insert: before?.name ?? null, eject: before === null, pool: before?.pool ?? null, drive: target },
      holds: `while ${vm} has the drive`,
    },
  };
}

function refuseCd({ vm, insert, eject, drive }: CdromArgs, facts: Known, pool: string): Refusal | null {
  if ((insert !== null) === eject)
    return refuse(
      'a CD is either put in or taken out',
      `vm cdrom ${vm} ${eject ? '--eject' : '--insert debian-12.iso'}`,
    );
  if (facts.drives.length === 0) return refuse(`${vm} has no CD drive`, null);
  if (facts.drive === null && drive === null)
    return refuse(`${vm} has the drives ${facts.drives.join(', ')}`, `--drive ${facts.drives[0]}`);
  if (facts.drive === null) return refuse(`${vm} has no drive ${drive}; it has ${facts.drives.join(', ')}`, null);
  if (eject && facts.drive.source === null) return refuse(`the drive of ${vm} is empty already`, null);
  if (insert === null) return null;
  if (facts.wanted === null) return refuse(`pool ${pool} has no volume ${insert}`, null);
  if (facts.wanted.path === facts.drive.source) return refuse(`${insert} is in the drive of ${vm} already`, null);
  if (!['raw', 'iso'].includes(facts.wantedFormat))
    return refuse(`${insert} has the format ${facts.wantedFormat}; a CD is an ISO image`, null);
  return null;
}
