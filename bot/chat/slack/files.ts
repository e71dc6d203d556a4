/** A text file in a thread: the whole of a card that did not fit into a message, so that nobody approves what he cannot see. */
import { z } from 'zod';
import { type Calls, messageOf } from './calls.ts';
import type { SlackLog } from './log.ts';

const UPLOAD_TIMEOUT_MS = 10_000;
const Upload = z.object({ upload_url: z.string(), file_id: z.string() });

export interface Files {
  /** Best effort: what fails is logged. */
  attach(channel: string, thread: string, name: string, content: string): Promise<void>;
}

/** Source: docs.slack.dev/messaging/working-with-files#uploading_files */
export function createFiles({ calls, log }: { calls: Calls; log: SlackLog }): Files {
  const call = (method: string, channel: string | null, args: Record<string, unknown>) =>
    calls.call({ method, channel, lane: () => 'urgent', repeatable: false, args: () => args });
  return {
    attach: async (channel, thread, name, content) => {
      try {
        const length = Buffer.byteLength(content);
        const upload = Upload.parse(await call('files.getUploadURLExternal', null, { filename: name, length }));
        const signal = AbortSignal.timeout(UPLOAD_TIMEOUT_MS);
        const response = await fetch(upload.upload_url, { method: 'POST', body: content, signal });
        if (!response.ok) throw new Error(`the upload was answered HTTP ${response.status}`);
        const files = [{ id: upload.file_id, title: name }];
        await call('files.completeUploadExternal', channel, { files, channel_id: channel, thread_ts: thread });
      } catch (error) {
        log.warn(`attaching ${name} in ${channel}: ${messageOf(error)}`);
      }
    },
  };
}
