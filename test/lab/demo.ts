/**
 * The demonstration: a private libvirtd with real guests, and Drover with its web chat. Prints the address and runs
 * until interrupted. With `--script` it plays the main job by itself and exits 0 only if every link of it held.
 */

import { startLab } from './lab.ts';
import { endProgram, makeSite } from './site.ts';
import { playStory } from './story.ts';

const scripted = process.argv.includes('--script');
if (process.argv.includes('--help')) {
  console.log(
    'npm run demo             a lab with a web chat, until Ctrl+C\nnpm run demo -- --script  plays the main job and checks it',
  );
  process.exit(0);
}

console.log('Starting a private libvirtd and building the test guest (the first time takes a minute) …');
await using resources = new AsyncDisposableStack();
const lab = await startLab();
resources.defer(() => lab.stop());
const site = await makeSite(lab);
resources.defer(() => site.remove());
const { url, child } = await site.start();
resources.defer(async () => void (await endProgram(child)));

if (scripted) {
  try {
    await playStory({ lab, site, url });
    console.log('\nAll of it happened.');
  } catch (error) {
    console.error(`\nThe story broke: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  }
} else {
  console.log(`
Open ${url}
  Pick who you are (two tabs can be two people): alice asks, bob, carol and dave approve.
  Try:   vm help
         vm create web-01 --env prod
         vm list
  Or from another terminal:
         ./bot/drover.sh do "vm list" --as alice --config ${site.configPath} --state ${site.stateDir}
Ctrl+C ends it and everything it started.`);
  await new Promise((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
    child.once('exit', resolve);
  });
}
