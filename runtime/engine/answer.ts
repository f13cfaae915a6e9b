/** How a node answers a request: checked against its contract both ways. */
import type { TSchema } from '@sinclair/typebox';
import { WindhoverError } from '../errors.ts';
import type { AnyNode, NodeHandlers } from '../node.ts';
import type { HandlerQueue } from './handler-queue.ts';
import { mismatch } from './mismatch.ts';

export interface AnsweringNode {
  readonly id: string;
  readonly contract: AnyNode;
  readonly requests: NodeHandlers<unknown>['requests'];
  readonly queue: HandlerQueue;
}

/** @throws what the handler throws, or WindhoverError `unknown_request`, `bad_request`, `bad_answer`, `node_gone` */
export async function answerRequest(node: AnsweringNode, name: string, params: unknown): Promise<unknown> {
  const spec = node.contract.requests?.[name];
  const handler = node.requests?.[name];
  if (!spec || !handler) throw new WindhoverError('unknown_request', `node ${node.id} does not answer ${name} here`);
  checkBody(`the request ${name}`, spec.params, params, 'bad_request');
  const result = await node.queue.result(() => handler(params as never));
  if (spec.result) checkBody(`the answer to ${name}`, spec.result, result, 'bad_answer');
  return result;
}

/** @throws WindhoverError `code` */
function checkBody(what: string, schema: TSchema, body: unknown, code: string): void {
  const wrong = mismatch(schema, body);
  if (wrong !== null) throw new WindhoverError(code, `${what}: ${wrong}`);
}
