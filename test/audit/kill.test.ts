/** kill -9 under load: whatever was acknowledged is in the log, and the log goes on. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { linesOf, problemsOf, tempDirectory, verify } from './support.ts';

const KILLS = 30;

/** Lets a writer run until it has acknowledged `enough` records, kills it, and gives what it has acknowledged. */
function runAndKill(directory: string, enough: number): Promise<string[]> {
  const script = join(import.meta.dirname, 'writer-under-load.ts');
  const child = spawn(process.execPath, [script, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
    if (output.length > enough * 6) child.kill('SIGKILL');
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (signal === 'SIGKILL') resolve(output.split('\n').slice(0, -1));
      else reject(new Error(`the writer ended by itself: ${code}`));
    });
  });
}

test(`${KILLS} times kill -9 under load loses no acknowledged record`, async (t) => {
  const directory = join(tempDirectory(t), 'audit');
  const acknowledged: string[] = [];
  for (let n = 0; n < KILLS; n += 1) acknowledged.push(...(await runAndKill(directory, 1 + ((n * 37) % 300))));
  const written = new Set(
    linesOf(directory).map((line) => {
      const [, serial, request] = /audit\(\d+\.\d+:(\d+)\).* ses=(\d+) /.exec(line) ?? [];
      return `${serial} ${request}`;
    }),
  );
  t.diagnostic(`${acknowledged.length} records acknowledged`);
  assert.ok(acknowledged.length > KILLS);
  assert.deepEqual(
    acknowledged.filter((record) => !written.has(record)),
    [],
  );
  assert.deepEqual(problemsOf(await verify(directory)), []);
});
