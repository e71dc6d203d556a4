import { openSqliteStore } from '../../bot/store/sqlite.ts';
import { storeContract } from './store.ts';

storeContract('SQLite', async () => openSqliteStore(':memory:'));
