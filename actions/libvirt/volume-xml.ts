/**
 * A storage volume as libvirt's XML, read and written.
 * Source: https://libvirt.org/formatstorage.html#storage-volume-xml
 */
import { z } from 'zod';
import type { NewVolume, Volume } from '../host.ts';
import { parseXml, TagText, xml } from './xml.ts';

const Bytes = TagText.pipe(z.string().regex(/^\d+$/)).transform(BigInt); // libvirt always answers in bytes

const Backing = z.looseObject({ path: z.string() }).transform((backing) => backing.path);

const VolumeXml = z.looseObject({
  volume: z.looseObject({
    name: z.string(),
    capacity: Bytes,
    allocation: Bytes,
    target: z.looseObject({ path: z.string(), format: z.looseObject({ '@type': z.string() }).optional() }),
    backingStore: Backing.optional().catch(undefined),
  }),
});

/** Throws `OpsError` 'bad-answer'. */
export function parseVolumeXml(pool: string, document: string): Volume {
  const { volume } = parseXml(VolumeXml, document, 'the XML of a volume');
  return {
    pool,
    name: volume.name,
    path: volume.target.path,
    format: volume.target.format?.['@type'] ?? 'raw',
    capacityBytes: volume.capacity,
    allocationBytes: volume.allocation,
    backing: volume.backingStore ?? null,
  };
}

/** `backingPath` is that of `volume.backing`. */
export function newVolumeXml(volume: NewVolume, backingPath: string | null): string {
  const backing =
    volume.backing === null || backingPath === null
      ? { xml: '' }
      : xml`<backingStore><path>${backingPath}</path><format type="${volume.backing.format}"/></backingStore>`;
  return xml`<volume>
  <name>${volume.name}</name>
  <capacity unit="bytes">${volume.capacityBytes}</capacity>
  <allocation unit="bytes">0</allocation>
  <target><format type="${volume.format}"/></target>${backing}
</volume>`.xml;
}
