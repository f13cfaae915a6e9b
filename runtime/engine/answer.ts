/** How a node answers a request: checked against its contract both ways. */
import type { TSchema } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { WindhoverError } from '../errors.ts';
import type { AnyNode, NodeHandlers } from '../node.ts';

export interface AnsweringNode {
  readonly id: string;
  readonly contract: AnyNode;
  readonly requests: NodeHandlers<unknown>['requests'];
  /** Runs a handler in turn with the node's others; not at all when the node has ended. */
  enter(handler: () => Promise<void>): void | Promise<void>;
}

/** @throws what the handler throws, or WindhoverError `unknown_request`, `bad_request`, `bad_answer`, `node_gone` */
export async function answerRequest(node: AnsweringNode, name: string, params: unknown): Promise<unknown> {
  const spec = node.contract.requests?.[name];
  const handler = node.requests?.[name];
  if (!spec || !handler) throw new WindhoverError('unknown_request', `node ${node.id} does not answer ${name} here`);
  checkBody(`the request ${name}`, spec.params, params, 'bad_request');
  let answer: Promise<unknown> | undefined;
  await node.enter(async () => {
    answer = (async () => handler(params as never))();
    // A request that fails is not the end of the node.
    await answer.catch(() => undefined);
  });
  if (!answer) throw new WindhoverError('node_gone', `node ${node.id} has ended and cannot answer`);
  const result = await answer;
  if (spec.result) checkBody(`the answer to ${name}`, spec.result, result, 'bad_answer');
  return result;
}

/** @throws WindhoverError `code` */
function checkBody(what: string, schema: TSchema, body: unknown, code: string): void {
  const wrong = Value.Errors(schema, body).First();
  if (wrong) throw new WindhoverError(code, `${what}: ${wrong.path.slice(1)}: ${wrong.message.toLowerCase()}`);
}
