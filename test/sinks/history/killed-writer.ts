/** A process that writes a history until it is killed: `bun killed-writer.ts FILE CAMERA`. Prints each track that it told of. */
import { HistoryRig } from './rig.ts';
import { START_MS } from './rows.ts';

const [file = '', camera = ''] = process.argv.slice(2);
const rig = new HistoryRig({ file }, camera);
for (let id = 0; ; id++) {
  const startMs = START_MS + id * 20;
  // Every third goes on until the end.
  if (id % 3 > 0) rig.track(id, startMs);
  else rig.event('new', id, startMs);
  process.stdout.write(`${id} ${Date.now()}\n`);
  await Bun.sleep(5);
}
