/** Writes to the store at the path given, many at once, and says each number when its transaction is acknowledged. */
import { openSqliteStore } from '../../../bot/store/sqlite.ts';

const store = openSqliteStore(process.argv[2] ?? '');
const last = await store.get('last');
const first = Number(last?.value ?? 0) + 1;
for (let n = first; ; n += 1) {
  const puts = [
    { key: `n/${n}`, value: { n, padding: 'x'.repeat(n % 5000) } },
    { key: 'last', value: n },
  ];
  const written = await store.transact({ guards: [], puts, deletes: n > 50 ? [`old/${n}`] : [] });
  if (written.kind === 'written') process.stdout.write(`${n}\n`);
}
