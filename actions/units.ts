/** Sizes and durations as people write and read them. One notation everywhere: binary sizes, whole units. */

export const BYTES_PER_MIB = 1024n ** 2n;
export const BYTES_PER_GIB = 1024n ** 3n;

const MIB_OF: Record<string, number> = { mib: 1, gib: 1024, tib: 1024 ** 2 };
const SECONDS_OF: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** `8GiB`, `1.5 GiB`, `512MiB` in MiB; a number without a unit counts as `bareUnitMiB` MiB; null: not a size. */
export function parseSizeMiB(text: string, bareUnitMiB: number): number | null {
  const match = /^(\d{1,9}(?:\.\d{1,6})?)\s*([kmgt]ib)?$/i.exec(text.trim());
  if (match === null) return null;
  const unit = match[2] === undefined ? bareUnitMiB : MIB_OF[match[2].toLowerCase()];
  return unit === undefined ? null : Number(match[1]) * unit;
}

/** `90s`, `2h`, `1h30m`, `30d` in seconds; a number without a unit is seconds; null: not a duration. */
export function parseSeconds(text: string): number | null {
  const trimmed = text.trim().toLowerCase();
  if (/^\d{1,12}$/.test(trimmed)) return Number(trimmed);
  if (!/^(?:\d{1,9}[smhdw]){1,5}$/.test(trimmed)) return null;
  const parts = trimmed.match(/\d+[smhdw]/g) ?? [];
  return parts.reduce((sum, part) => sum + Number(part.slice(0, -1)) * (SECONDS_OF[part.slice(-1)] ?? 0), 0);
}

/** As it is typed: `512MiB`, `8GiB`. */
export function typeMiB(mib: number): string {
  return formatMiB(mib).replace(' ', '');
}

/** As it is typed: `1h30m`, `30d`. */
export function typeSeconds(seconds: number): string {
  let rest = seconds;
  let text = '';
  for (const unit of ['d', 'h', 'm', 's']) {
    const size = SECONDS_OF[unit] ?? 1;
    const count = Math.floor(rest / size);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * size;
  }
  return text === '' ? '0s' : text;
}

/** As it is read: `512 MiB`, `8 GiB`. */
export function formatMiB(mib: number): string {
  if (mib >= 1024 ** 2 && mib % 1024 ** 2 === 0) return `${mib / 1024 ** 2} TiB`;
  return mib >= 1024 && mib % 1024 === 0 ? `${mib / 1024} GiB` : `${mib} MiB`;
}

/** As it is read, with one decimal at most: `8 GiB`, `1.5 GiB`, `375 KiB`. */
export function formatBytes(bytes: bigint): string {
  if (bytes >= BYTES_PER_GIB) return `${round(bytes, BYTES_PER_GIB)} GiB`;
  if (bytes >= BYTES_PER_MIB) return `${round(bytes, BYTES_PER_MIB)} MiB`;
  return `${round(bytes, 1024n)} KiB`;
}

/** As it is read: `90 s`, `2 h`, `30 d`; the two largest units that are not zero. */
export function formatSeconds(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  const words: Record<string, string> = { m: 'min' };
  const parts = typeSeconds(seconds).match(/\d+[dhms]/g) ?? [];
  return parts
    .slice(0, 2)
    .map((part) => `${part.slice(0, -1)} ${words[part.slice(-1)] ?? part.slice(-1)}`)
    .join(' ');
}

function round(bytes: bigint, unit: bigint): number {
  return Number((bytes * 10n) / unit) / 10;
}
