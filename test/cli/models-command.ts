/** Runs `bun run models …`, in a project folder of its own. */
import { type Finished, runCommand, type Surroundings } from '../support/command.ts';

export async function models(args: readonly string[], where: Surroundings = {}): Promise<Finished> {
  return await runCommand(['models', ...args], where);
}
