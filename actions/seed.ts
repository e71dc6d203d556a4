/**
 * The NoCloud seed: a small CD image that tells cloud-init the instance's id and host name.
 * Written here, because no kept library for it is known; ISO 9660 for the label, Joliet for the file names.
 * Sources: https://docs.cloud-init.io/en/latest/reference/datasources/nocloud.html, ECMA-119 (4th edition),
 * Joliet specification (1995). Same input, same bytes: all times are zero.
 */
import { domainToASCII } from 'node:url';
import { type IsoFile, writeIso } from './iso9660.ts';

export interface Seed {
  /** cloud-init runs its first-boot work once an id: the domain's UUID. */
  instanceId: string;
  hostname: string;
}

export function nocloudSeed({ instanceId, hostname }: Seed): Uint8Array {
  const files: IsoFile[] = [
    file('meta-data', 'METADATA', `instance-id: ${quote(instanceId)}\nlocal-hostname: ${quote(hostname)}\n`),
    // By driver class and not by name: the guest's interface names are its own matter.
    file(
      'network-config',
      'NETWORKC',
      'version: 2\nethernets:\n  all:\n    match: {name: "e*"}\n    dhcp4: true\n    dhcp6: true\n    optional: true\n',
    ),
    file('user-data', 'USERDATA', '#cloud-config\n{}\n'),
  ];
  return writeIso('cidata', files);
}

/**
 * A host name for a VM's name: lower case, one label of RFC 1123, 63 characters at most. Other scripts become punycode
 * (`मशीन` is `xn--…`); `_`, `.` and what is left become `-`; when nothing is left, `vm` and the UUID's first part.
 */
export function hostnameOf(vm: string, uuid: string): string {
  const single = vm.replace(/[^\p{L}\p{M}\p{Nd}-]+/gu, '-');
  const ascii = /^[\x20-\x7e]*$/.test(single) ? single.toLowerCase() : domainToASCII(single);
  const label = ascii.replace(/[^a-z0-9-]+/g, '-').replace(/^-+|-+$/g, '');
  if (label === '' || label.length > 63) return `vm-${uuid.slice(0, 8)}`;
  return label;
}

function file(name: string, shortName: string, text: string): IsoFile {
  return { name, shortName, content: Buffer.from(text) };
}

/** A YAML double-quoted scalar; JSON's strings are a subset of them. */
function quote(text: string): string {
  return JSON.stringify(text);
}
