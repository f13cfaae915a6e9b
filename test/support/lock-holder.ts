/** A process that takes a lock and keeps it until it dies. `bun lock-holder.ts PATH` prints who has it. */
import { ProcessLock } from '../../runtime/process-lock.ts';

const owner = new ProcessLock(Bun.argv[2] ?? '').take();
console.log(owner ?? 'mine');
setInterval(() => undefined, 1000);
