/** Every limit of the web chat in one place. They keep one page, one person or one program from starving the others. */
export const LIMITS = {
  /** UTF-16 units of one line or one answer to a button: as much as Discord takes. */
  lineLength: 2_000,
  /** Bytes of a request's body. */
  bodyBytes: 64 * 1024,
  /** Open pages, each with one event stream. */
  streams: 200,
  /** Bytes that wait for a page which reads too slowly; then its stream ends, and it comes back to a snapshot. */
  streamBacklogBytes: 8 * 1024 * 1024,
  /** Messages of one channel in a snapshot and in each older page. */
  messagesPerPage: 200,
  /** Lines and presses of one person within `rateWindowMs`. */
  linesPerWindow: 20,
  rateWindowMs: 10_000,
  /** How long a whisper outlives a reload, and how many are kept in memory. */
  whisperLifeMs: 15 * 60_000,
  whispers: 1_000,
  /** Events kept for pages that come back with `Last-Event-ID`. */
  replayEvents: 500,
  heartbeatMs: 15_000,
  /** Time that requests under way have to end when the chat closes. */
  closeGraceMs: 1_000,
} as const;
