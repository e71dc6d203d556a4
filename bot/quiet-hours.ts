/** Hours in which nobody is reminded, in the zone of those who would be. */

export interface QuietHours {
  /** `22:00`; the same as `to`: never quiet. */
  from: string;
  /** `07:00`, not included; earlier than `from`: the next morning. */
  to: string;
  /** IANA zone, such as `Europe/Berlin`. */
  zone: string;
}

/** `now`: ms since the epoch. */
export function isQuiet({ from, to, zone }: QuietHours, now: number): boolean {
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit' }).format(now);
  return from <= to ? from <= clock && clock < to : clock >= from || clock < to;
}
