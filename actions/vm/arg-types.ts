/** Argument types of the actions on machines, with their limits. Coercing twice changes nothing, as in `args.ts`. */
import { z } from 'zod';
import { VolumeName } from '../args.ts';
import { BOOT_DEVICES, type BootDevice } from '../host-hardware.ts';
import { parseSizeMiB } from '../units.ts';

/** `vda`, `sdb` */
export const DiskTarget = z
  .string()
  .max(16)
  .refine((text) => /^(vd|sd|hd)[a-z]$/.test(text), 'a disk is called such as vda or sdb');

/** Six bytes in hexadecimal, lower case; the first is even: an interface of its own, not a group of them. */
export const Mac = z
  .string()
  .max(17)
  .transform((text) => text.toLowerCase())
  .refine((text) => /^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$/.test(text), 'a MAC address looks like 52:54:00:12:34:56');

/** A pool or a network: one word as libvirt takes it. */
export const ObjectName = VolumeName;

/** MiB a second: `50MiB`, `1GiB`, `50`; 0: no limit. */
export const RateMiB = z.union([z.string().max(20), z.number()]).transform((raw, ctx) => {
  const rate = typeof raw === 'number' ? raw : parseSizeMiB(raw, 1);
  if (rate !== null && Number.isInteger(rate) && rate >= 0 && rate <= 1_048_576) return rate;
  const message = 'a rate is in whole MiB a second, such as 50MiB, up to 1TiB; 0 is no limit';
  ctx.issues.push({ code: 'custom', message, params: { instead: '50MiB' }, input: raw });
  return z.NEVER;
});

const bootWords = new Map<string, BootDevice>([
  ...BOOT_DEVICES.map((device) => [device, device] as const),
  ['disk', 'hd'],
  ['net', 'network'],
  ['cd', 'cdrom'],
]);

/** `disk,network`: each once. */
export const BootOrder = z.union([z.string().max(60), z.array(z.string().max(60)).max(3)]).transform((raw, ctx) => {
  const words = (Array.isArray(raw) ? raw : [raw])
    .flatMap((text) => text.split(/[\s,]+/))
    .filter((word) => word !== '');
  const order = words.map((word) => bootWords.get(word.toLowerCase())).filter((device) => device !== undefined);
  if (order.length === words.length && order.length > 0 && new Set(order).size === order.length) return order;
  const message = 'a boot order is made of disk, network and cdrom, each once';
  ctx.issues.push({ code: 'custom', message, params: { instead: 'disk,network' }, input: raw });
  return z.NEVER;
});
