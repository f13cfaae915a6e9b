/**
 * Entry of the process that a user's node modules are loaded in while graphs are checked: whatever they do, the command
 * or server that checks goes on. It leaves with its parent, also while a module hangs.
 */
import { type ErrorRecord, toRecord, WindhoverError } from '../errors.ts';
import { type Answer, type Question, toData } from './contract-messages.ts';
import { loadModule } from './modules.ts';

let asked = 0;

new Worker(new URL('./orphan-watch.ts', import.meta.url).href).unref();
process.on('message', (question: Question) => void answer(question));
process.on('disconnect', () => process.exit());
// What a module leaves behind to fail later is the fault of that module.
for (const event of ['uncaughtException', 'unhandledRejection'])
  process.on(event, (error: unknown) => send({ id: asked, error: record(error) }));

async function answer({ id, module, ask }: Question): Promise<void> {
  asked = id;
  try {
    const contract = await loadModule(module);
    const result = ask.what === 'contract' ? toData(contract) : await call(contract, ask);
    send({ id, result });
  } catch (error) {
    send({ id, error: record(error) });
  }
}

function call(contract: Awaited<ReturnType<typeof loadModule>>, ask: Exclude<Question['ask'], { what: 'contract' }>) {
  const params = ask.params as Record<string, unknown>;
  switch (ask.what) {
    case 'validate':
      return contract.validate?.(params, ask.prepare ?? { modelFolders: [] });
    case 'pace':
      return contract.pace?.(params);
    case 'request':
      return contract.inputs[ask.input]?.request?.(params, ask.prepare);
  }
}

/** Other errors have codes of their own makers. */
function record(error: unknown): ErrorRecord {
  return error instanceof WindhoverError ? toRecord(error) : { ...toRecord(error), code: 'refused' };
}

function send(answer: Answer): void {
  process.send?.(answer);
}
