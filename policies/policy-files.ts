/** Reads a policy's files from a directory, within limits, in the order of their names. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Problem } from './document.ts';

export interface SourceFile {
  /** As people write it, with the directory. */
  name: string;
  text: string;
}

const MAX_FILE_BYTES = 512 * 1024;
const MAX_FILES = 200;

export async function readPolicyFiles(directory: string): Promise<{ kind: 'read'; files: SourceFile[] } | Broken> {
  const shown = shownPath(directory);
  try {
    const names = (await readdir(directory)).filter((name) => /\.ya?ml$/.test(name) && !/\.test\.ya?ml$/.test(name));
    if (names.length === 0) return broken(wholeFile(shown, 'no policy file *.yaml here: everything would be denied'));
    if (names.length > MAX_FILES) return broken(wholeFile(shown, `${names.length} files are more than ${MAX_FILES}`));
    const files = await Promise.all(names.sort().map((name) => readSource(join(directory, name), join(shown, name))));
    return { kind: 'read', files };
  } catch (error) {
    return broken(wholeFile(shown, `reading the policy: ${error instanceof Error ? error.message : 'unreadable'}`));
  }
}

async function readSource(path: string, name: string): Promise<SourceFile> {
  const { size } = await stat(path);
  if (size > MAX_FILE_BYTES) throw new Error(`${name} has ${size} bytes, more than ${MAX_FILE_BYTES}`);
  return { name, text: await readFile(path, 'utf8') };
}

type Broken = { kind: 'broken'; problems: Problem[] };

function broken(problem: Problem): Broken {
  return { kind: 'broken', problems: [problem] };
}

/** A problem without a better place. */
export function wholeFile(file: string, problem: string): Problem {
  return { file, line: 1, column: 1, problem };
}

/** As people write it: below the working directory without it. */
function shownPath(directory: string): string {
  const path = relative(process.cwd(), directory);
  return path === '' || path.startsWith('..') ? directory : path;
}
