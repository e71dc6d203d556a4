/** Every action that Drover has. A new one is its file and its line here; playbooks come in as `others`. */
import type { Action } from './action.ts';
import { vmAddresses } from './vm/addresses.ts';
import { vmAgent } from './vm/agent.ts';
import { vmAutostart } from './vm/autostart.ts';
import { vmBootOrder } from './vm/boot-order.ts';
import { createVmCdrom } from './vm/cdrom.ts';
import { createVmClone } from './vm/clone.ts';
import { createVmCreate } from './vm/create.ts';
import type { CreateSettings } from './vm/create-plan.ts';
import { vmDelete } from './vm/delete.ts';
import { createVmDiskAdd } from './vm/disk-add.ts';
import { vmDiskDetach } from './vm/disk-detach.ts';
import { vmDiskGrow } from './vm/disk-grow.ts';
import { vmDiskLimit } from './vm/disk-limit.ts';
import { vmExtend } from './vm/extend.ts';
import { vmKill } from './vm/kill.ts';
import { vmList } from './vm/list.ts';
import { vmNicAdd } from './vm/nic-add.ts';
import { vmNicLink } from './vm/nic-link.ts';
import { vmNicRemove } from './vm/nic-remove.ts';
import { vmNote } from './vm/note.ts';
import { vmOwner } from './vm/owner.ts';
import { vmProtect } from './vm/protect.ts';
import { vmReboot } from './vm/reboot.ts';
import { vmRename } from './vm/rename.ts';
import { createVmResize } from './vm/resize.ts';
import { vmResume } from './vm/resume.ts';
import { vmRevert } from './vm/revert.ts';
import { vmSerial } from './vm/serial.ts';
import { vmShow } from './vm/show.ts';
import { vmSnapshot } from './vm/snapshot.ts';
import { vmSnapshotDelete } from './vm/snapshot-delete.ts';
import { vmSnapshotPrune } from './vm/snapshot-prune.ts';
import { vmSnapshots } from './vm/snapshots.ts';
import { vmStart } from './vm/start.ts';
import { vmStats } from './vm/stats.ts';
import { vmStop } from './vm/stop.ts';
import { vmSuspend } from './vm/suspend.ts';
import { vmTag } from './vm/tag.ts';
import { vmUnprotect } from './vm/unprotect.ts';

export interface Registry {
  actions: ReadonlyMap<string, Action>;
  get(name: string): Action | undefined;
}

/** What the config file says about VMs; `defaultImage` null: each request names its image. */
export type VmSettings = CreateSettings & { defaultImage: string | null };

export function createVmActions(settings: VmSettings): Action[] {
  return [
    ...[vmList, vmShow, createVmCreate(settings), createVmClone(settings), vmDelete],
    ...[vmStart, vmStop, vmKill, vmReboot, vmSuspend, vmResume],
    ...[vmProtect, vmUnprotect, vmTag, vmOwner, vmNote, vmExtend, vmAutostart, vmRename],
    ...[createVmResize(settings), createVmDiskAdd(settings), vmDiskGrow, vmDiskDetach, vmDiskLimit],
    ...[vmNicAdd, vmNicRemove, vmNicLink, createVmCdrom(settings), vmBootOrder],
    ...[vmSnapshot, vmSnapshots, vmSnapshotDelete, vmSnapshotPrune, vmRevert],
    ...[vmSerial, vmStats, vmAddresses, vmAgent],
  ];
}

export function createRegistry(settings: VmSettings, others: readonly Action[] = []): Registry {
  const actions = new Map<string, Action>();
  for (const action of [...createVmActions(settings), ...others]) {
    if (actions.has(action.name)) throw new Error(`two actions are called ${action.name}`);
    actions.set(action.name, action);
  }
  return { actions, get: (name) => actions.get(name) };
}
