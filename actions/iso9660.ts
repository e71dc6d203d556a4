/**
 * Writes a CD image of a few small files in one directory: ISO 9660 level 1, and the same files under their true names
 * in a Joliet tree. Layout: 16 empty sectors, three descriptors, four path tables, two directories, the files.
 * Sources: ECMA-119 4th edition (sections in brackets below), Joliet specification 1995.
 */

export interface IsoFile {
  /** True name, at most 64 characters of the basic plane, for Joliet. */
  name: string;
  /** Level 1 name: at most 8 of A-Z, 0-9 and `_`. */
  shortName: string;
  content: Uint8Array;
}

const SECTOR = 2048;
const FIRST_DESCRIPTOR = 16;
const PRIMARY_TABLE = 19; // little-endian; the big-endian one follows it
const JOLIET_TABLE = 21;
const PRIMARY_ROOT = 23;
const JOLIET_ROOT = 24;
const FIRST_FILE = 25;

interface Placed {
  id: Buffer;
  sector: number;
  size: number;
}

/** `label` is written as it is: lower case, too, as cloud-init's label is usually written. At most 16 characters. */
export function writeIso(label: string, files: readonly IsoFile[]): Uint8Array {
  const starts = placeFiles(files);
  const sectors = starts.end;
  const image = Buffer.alloc(sectors * SECTOR);
  const short = placed(files, starts.at, (file) => Buffer.from(`${file.shortName}.;1`, 'latin1'));
  const joliet = placed(files, starts.at, (file) => utf16(file.name));
  describeVolume(image, FIRST_DESCRIPTOR, { label, sectors, kind: 'primary' });
  describeVolume(image, FIRST_DESCRIPTOR + 1, { label, sectors, kind: 'joliet' });
  image.write('\xffCD001\x01', (FIRST_DESCRIPTOR + 2) * SECTOR, 'latin1'); // set terminator [8.3]
  writePathTables(image, PRIMARY_TABLE, PRIMARY_ROOT);
  writePathTables(image, JOLIET_TABLE, JOLIET_ROOT);
  writeDirectory(image, PRIMARY_ROOT, short);
  writeDirectory(image, JOLIET_ROOT, joliet);
  files.forEach((file, index) => {
    image.set(file.content, (starts.at[index] ?? 0) * SECTOR);
  });
  return image;
}

/** First sector of each file, and the sector after the last one. */
function placeFiles(files: readonly IsoFile[]): { at: number[]; end: number } {
  let end = FIRST_FILE;
  const at = files.map((file) => {
    const start = end;
    end += Math.max(1, Math.ceil(file.content.length / SECTOR));
    return start;
  });
  return { at, end };
}

/** Sorted by identifier, as a directory must be [9.3]. */
function placed(files: readonly IsoFile[], at: number[], identify: (file: IsoFile) => Buffer): Placed[] {
  return files
    .map((file, index) => ({ id: identify(file), sector: at[index] ?? 0, size: file.content.length }))
    .sort((a, b) => Buffer.compare(a.id, b.id));
}

/** Primary [8.4] or supplementary [8.5] volume descriptor. */
function describeVolume(
  image: Buffer,
  sector: number,
  { label, sectors, kind }: { label: string; sectors: number; kind: 'primary' | 'joliet' },
): void {
  const at = image.subarray(sector * SECTOR, (sector + 1) * SECTOR);
  const joliet = kind === 'joliet';
  at.write(`${joliet ? '\x02' : '\x01'}CD001\x01`, 0, 'latin1');
  fillText(at, 8, 32, '', joliet);
  fillText(at, 40, 32, label, joliet);
  writeBoth32(at, 80, sectors);
  if (joliet) at.write('%/E', 88, 'latin1'); // UCS-2 level 3
  for (const offset of [120, 124]) writeBoth16(at, offset, 1); // volume set size, sequence number
  writeBoth16(at, 128, SECTOR);
  writeBoth32(at, 132, 10); // bytes of a path table with the root alone
  at.writeUInt32LE(joliet ? JOLIET_TABLE : PRIMARY_TABLE, 140);
  at.writeUInt32BE((joliet ? JOLIET_TABLE : PRIMARY_TABLE) + 1, 148);
  writeRecord(at, 156, { id: Buffer.from([0]), sector: joliet ? JOLIET_ROOT : PRIMARY_ROOT, size: SECTOR }, true);
  fillText(at, 190, 623, '', joliet); // set, publisher, preparer, application and file identifiers
  for (const offset of [813, 830, 847, 864]) at.write('0'.repeat(16), offset, 'latin1'); // four times: not given
  at[881] = 1;
}

/** A path table with the root alone, in both byte orders [9.4]. */
function writePathTables(image: Buffer, sector: number, root: number): void {
  const little = sector * SECTOR;
  const big = little + SECTOR;
  image[little] = 1;
  image.writeUInt32LE(root, little + 2);
  image.writeUInt16LE(1, little + 6);
  image[big] = 1;
  image.writeUInt32BE(root, big + 2);
  image.writeUInt16BE(1, big + 6);
}

function writeDirectory(image: Buffer, sector: number, files: Placed[]): void {
  const self = { id: Buffer.from([0]), sector, size: SECTOR };
  const parent = { id: Buffer.from([1]), sector, size: SECTOR };
  let offset = sector * SECTOR;
  for (const entry of [self, parent]) offset += writeRecord(image, offset, entry, true);
  for (const entry of files) offset += writeRecord(image, offset, entry, false);
  if (offset > (sector + 1) * SECTOR) throw new Error('the files do not fit in one directory sector');
}

/** A directory record [9.1]; gives its length, which is even. */
function writeRecord(target: Buffer, offset: number, { id, sector, size }: Placed, directory: boolean): number {
  const length = 33 + id.length + (id.length % 2 === 0 ? 1 : 0);
  target[offset] = length;
  writeBoth32(target, offset + 2, sector);
  writeBoth32(target, offset + 10, size);
  target[offset + 25] = directory ? 2 : 0;
  writeBoth16(target, offset + 28, 1);
  target[offset + 32] = id.length;
  target.set(id, offset + 33);
  return length;
}

/** Text filled up with spaces, in latin1 or in Joliet's UCS-2. */
function fillText(target: Buffer, offset: number, length: number, text: string, joliet: boolean): void {
  const padded = text.padEnd(joliet ? Math.floor(length / 2) : length, ' ');
  target.set(joliet ? utf16(padded) : Buffer.from(padded, 'latin1'), offset);
}

function utf16(text: string): Buffer {
  return Buffer.from(text, 'utf16le').swap16();
}

function writeBoth32(target: Buffer, offset: number, value: number): void {
  target.writeUInt32LE(value, offset);
  target.writeUInt32BE(value, offset + 4);
}

function writeBoth16(target: Buffer, offset: number, value: number): void {
  target.writeUInt16LE(value, offset);
  target.writeUInt16BE(value, offset + 2);
}
