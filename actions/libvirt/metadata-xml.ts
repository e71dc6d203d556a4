/**
 * Drover's own element in a domain's metadata: `<drover:vm xmlns:drover="urn:drover:vm:1" owner=…>` with one
 * `<drover:tag name= value=>` a tag. Whatever is missing or odd reads as "not known": other people write there too.
 * Source: https://libvirt.org/formatdomain.html#general-metadata
 */
import { z } from 'zod';
import type { VmMetadata } from '../host.ts';
import { xml } from './xml.ts';

export const METADATA_NAMESPACE = 'urn:drover:vm:1';

const Tag = z.looseObject({ '@name': z.string(), '@value': z.string() });

const DroverVm = z
  .looseObject({
    '@xmlns:drover': z.literal(METADATA_NAMESPACE),
    '@owner': z.string().catch(''),
    '@expires': z.iso.datetime().nullable().catch(null),
    '@protected': z.string().catch('no'),
    '@request': z.coerce.number().int().positive().nullable().catch(null),
    'drover:tag': z.array(Tag).catch([]),
  })
  .transform(
    (vm): VmMetadata => ({
      owner: vm['@owner'],
      expires: vm['@expires'],
      tags: Object.fromEntries(vm['drover:tag'].map((tag) => [tag['@name'], tag['@value']])),
      protected: vm['@protected'] === 'yes',
      request: vm['@request'],
    }),
  );

const nobodys: VmMetadata = { owner: '', expires: null, tags: {}, protected: false, request: null };

/** The content of `<metadata>` as VmMetadata. */
export const Metadata = z
  .looseObject({ 'drover:vm': DroverVm })
  .transform((metadata) => metadata['drover:vm'])
  .catch(() => ({ ...nobodys, tags: {} }));

export function metadataXml({ owner, expires, tags, request, ...rest }: VmMetadata): { xml: string } {
  const tagLines = Object.entries(tags).map(([name, value]) => xml`<drover:tag name="${name}" value="${value}"/>`.xml);
  const lease = expires === null ? { xml: '' } : xml` expires="${expires}"`;
  const madeBy = request === null ? { xml: '' } : xml` request="${request}"`;
  const kept = rest.protected ? 'yes' : 'no';
  return xml`<drover:vm xmlns:drover="${METADATA_NAMESPACE}" owner="${owner}" protected="${kept}"${lease}${madeBy}>${{ xml: tagLines.join('') }}</drover:vm>`;
}
