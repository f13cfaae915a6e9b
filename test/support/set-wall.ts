/** Preloaded by a command under test, and so by all its processes and workers: the wall clock is off by what a file says. */
import { readFileSync } from 'node:fs';

const realNow = Date.now;
Date.now = () => realNow() + Number(readFileSync(process.env.TEST_WALL_FILE ?? '', 'utf8'));

const RealWorker = globalThis.Worker;
globalThis.Worker = class extends RealWorker {
  constructor(url: string | URL, options: WorkerOptions = {}) {
    super(url, { ...options, preload: [import.meta.path] });
  }
};
