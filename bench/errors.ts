/** Loaded before each bench: a mistake of its user is one line, not a stack. */
import { basename } from 'node:path';
import { WindhoverError } from '../runtime/errors.ts';

process.on('uncaughtException', (error) => {
  const name = `bench ${basename(Bun.main, '.ts')}`;
  const isMistake = error instanceof WindhoverError;
  process.stderr.write(`${name}: ${isMistake ? error.message : Bun.inspect(error)}\n`);
  process.exit(isMistake && error.code === 'usage' ? 2 : 1);
});
