/**
 * The `drover` program. It switches on Node's compile cache before anything else is loaded: without it every start
 * strips the types of every file anew, which costs 30 MB of memory for good and half of the time to ready.
 * Source: https://nodejs.org/api/module.html#module-compile-cache (NODE_COMPILE_CACHE names another directory)
 */
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/drover', import.meta.url)));
const { main } = await import('./cli/main.ts');
process.exitCode = await main(process.argv.slice(2));
