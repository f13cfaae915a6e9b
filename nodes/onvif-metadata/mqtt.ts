/** Scenes from an MQTT broker: connects, subscribes, and connects again whenever the connection is lost. */
import { readFileSync } from 'node:fs';
import { ErrorWithReasonCode, type IClientOptions, type MqttClient, connect as open } from 'mqtt';
import { MOST_SCENE_CHARS } from '../../ptz/index.ts';
import { errorCode, errorMessage, maskPasswords, WindhoverError } from '../../runtime/node.ts';
import type { Context, Reports } from './reports.ts';

const CONNECT_MS = 10_000;
const BEAT_MS = 1000;
/** A broker that does not answer for one and a half times as long is gone. */
const KEEPALIVE_S = 10;
/** Not authorized, in the words of version 3.1.1. */
const REFUSED_LOGINS: readonly number[] = [4, 5];

interface Where {
  readonly url: string;
  readonly topic: string;
}

/** Listens until the signal is aborted. */
export async function listen(context: Context, where: Where, reports: Reports, signal: AbortSignal): Promise<void> {
  const options = clientOptions(context);
  await context.retry(maskPasswords(where.url), signal, async (connected) => {
    const client = open(where.url, options);
    const over = new AbortController();
    try {
      await new Promise<void>((resolve, reject) => {
        // Listens no longer than the connection lasts: it would keep each of them in memory.
        signal.addEventListener('abort', () => resolve(), { signal: over.signal });
        client.on('error', (error) => reject(named(error)));
        client.on('close', () => reject(new WindhoverError('metadata_lost', 'the broker has closed the connection')));
        client.on('connect', () => {
          subscribe(client, where, context).then(() => {
            connected();
            hear(client, { context, reports, over: over.signal });
          }, reject);
        });
      });
    } finally {
      over.abort();
      client.end(true);
    }
  });
}

/** @throws WindhoverError `metadata_denied` */
async function subscribe(client: MqttClient, { url, topic }: Where, { log }: Context): Promise<void> {
  try {
    await client.subscribeAsync(topic, { qos: 0 });
  } catch (cause) {
    throw new WindhoverError('metadata_denied', `the broker does not let this account hear ${topic}`, { cause });
  }
  log.info('listens to the broker', { url: maskPasswords(url), topic });
}

interface Hearing {
  readonly context: Context;
  readonly reports: Reports;
  /** Aborted when the connection is over. */
  readonly over: AbortSignal;
}

function hear(client: MqttClient, { context, reports, over }: Hearing): void {
  const { clock, count } = context;
  reports.restart();
  const beat = setInterval(() => reports.beat(), BEAT_MS);
  over.addEventListener('abort', () => clearInterval(beat));
  client.on('message', (_topic, payload, { retain }) => {
    // What the broker has kept is of no picture of now.
    if (retain || over.aborted) return;
    if (payload.length > MOST_SCENE_CHARS) count('broken_documents');
    else void reports.document(payload.toString('utf8'), clock.monoMs());
  });
}

/** @throws WindhoverError `metadata_file` (permanent) */
function clientOptions({ params }: Context): IClientOptions {
  const { username, password, ca } = params;
  return {
    protocolVersion: 4,
    clientId: `windhover-${crypto.randomUUID().slice(0, 8)}`,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(ca === undefined ? {} : { ca: readPem(ca) }),
    clean: true,
    // Connections are made by `retry`: the client must keep nothing from one to the next.
    reconnectPeriod: 0,
    resubscribe: false,
    connectTimeout: CONNECT_MS,
    keepalive: KEEPALIVE_S,
    reschedulePings: false,
  };
}

/** What went wrong, by names as `source` has them. */
function named(error: unknown): WindhoverError {
  const isLogin = error instanceof ErrorWithReasonCode && REFUSED_LOGINS.includes(error.code);
  const isRefused = /ECONNREFUSED|ConnectionRefused/.test(`${errorCode(error)} ${errorMessage(error)}`);
  const isTimeout = /connack timeout|ETIMEDOUT/.test(errorMessage(error));
  const [code, hint] = isLogin
    ? ['metadata_login', 'check username and password']
    : isRefused
      ? ['metadata_refused', 'nothing listens at that address and port']
      : [isTimeout ? 'metadata_timeout' : 'metadata_lost', undefined];
  const details = { cause: error, ...(hint === undefined ? {} : { hint }) };
  return new WindhoverError(code ?? 'metadata_lost', errorMessage(error) || 'the broker cannot be reached', details);
}

function readPem(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const message = `${path} cannot be read: ${errorMessage(cause)}`;
    throw new WindhoverError('metadata_file', message, { option: 'ca', permanent: true, cause });
  }
}
