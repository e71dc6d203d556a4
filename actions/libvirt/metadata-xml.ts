/**
 * Drover's own element in a domain's metadata: `<drover:vm xmlns:drover="urn:drover:vm:1" owner=…>` with one
 * `<drover:tag name= value=>` a tag. Whatever is missing or odd reads as "not known": other people write there too.
 * Source: https://libvirt.org/formatdomain.html#general-metadata
 */
import { z } from 'zod';
import type { VmMetadata } from '../host.ts';
import { xml } from './xml.ts';

export const METADATA_NAMESPACE = 'urn:drover:vm:1';
/** The prefix that libvirt gives the element when it is written by itself. */
export const METADATA_KEY = 'drover';

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

/** With its prefix, as it stands in a whole domain. */
export function metadataXml(metadata: VmMetadata): { xml: string } {
  return element(metadata, `${METADATA_KEY}:`, xml` xmlns:drover="${METADATA_NAMESPACE}"`);
}

/** Without prefix and namespace: virDomainSetMetadata puts in its own. */
export function metadataElement(metadata: VmMetadata): { xml: string } {
  return element(metadata, '', { xml: '' });
}

function element({ owner, expires, tags, request, ...rest }: VmMetadata, prefix: string, space: { xml: string }) {
  const [vm, tag] = [{ xml: `${prefix}vm` }, { xml: `${prefix}tag` }];
  const tagLines = Object.entries(tags).map(([name, value]) => xml`<${tag} name="${name}" value="${value}"/>`.xml);
  const lease = expires === null ? { xml: '' } : xml` expires="${expires}"`;
  const madeBy = request === null ? { xml: '' } : xml` request="${request}"`;
  const kept = rest.protected ? 'yes' : 'no';
  return xml`<${vm}${space} owner="${owner}" protected="${kept}"${lease}${madeBy}>${{ xml: tagLines.join('') }}</${vm}>`;
}
