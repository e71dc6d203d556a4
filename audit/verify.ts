/** Checks the files of a log against the rules of `verifier.ts`. Reads a million records in a few seconds. */
import { LIVE_FILE, missingNumber } from './files.ts';
import { readLines } from './read.ts';
import { createVerifier, type Verdict, type VerifierOptions } from './verifier.ts';

export type { Anchor, LogProblem, Verdict } from './verifier.ts';

export interface VerifyOptions extends VerifierOptions {
  directory: string;
}

/** Throws only when the files cannot be read. */
export async function verifyLog({ directory, ...options }: VerifyOptions): Promise<Verdict> {
  const verifier = createVerifier(options);
  const hole = missingNumber(directory);
  if (hole !== null) verifier.reportFile(`${LIVE_FILE}.${hole}`, 'the file is missing');
  for await (const lines of readLines(directory, 'oldest')) for (const line of lines) verifier.check(line);
  return verifier.finish();
}
