/** Entry of the thread that has the database: the disk and the network may stall here, and nothing else waits. */
import { toRecord } from '../../errors.ts';
import { describeError } from './database.ts';
import type { Call, CallName, Reply, StoreCalls } from './rows.ts';
import { HistoryStore } from './store.ts';

const store = new HistoryStore();

type Method = (argument: unknown) => Promise<unknown>;

/** @throws WindhoverError why it can't be done */
async function answer({ name, argument }: Call): Promise<unknown> {
  const method = store[name satisfies CallName as keyof StoreCalls] as Method;
  try {
    return await method.call(store, argument);
  } catch (cause) {
    const error = describeError(cause);
    if (error.code === 'database_damaged') await store.damaged();
    throw error;
  }
}

addEventListener('message', async ({ data }: MessageEvent<Call>) => {
  const { id } = data;
  const reply: Reply = await answer(data).then(
    (result) => ({ id, result }),
    (error: unknown) => ({ id, error: toRecord(error) }),
  );
  postMessage(reply);
});
