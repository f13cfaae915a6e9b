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
/** What the broker says to a topic that this account may not read. */
const REFUSED_TOPIC = 128;

interface Where {
  readonly url: string;
  readonly topic: string;
}

/** Listens until the signal is aborted. */
export async function listen(context: Context, where: Where, reports: Reports, signal: AbortSignal): Promise<void> {
  const options = clientOptions(context);
  await context.retry(maskPasswords(where.url), signal, async (connected) => {
    const client = open(where.url, options);
    const beat = setInterval(() => client.connected && reports.beat(), BEAT_MS);
    try {
      await heard(client, where, { context, reports, signal, connected });
    } finally {
      clearInterval(beat);
      client.end(true);
    }
  });
}

interface Listening {
  readonly context: Context;
  readonly reports: Reports;
  readonly signal: AbortSignal;
  readonly connected: () => void;
}

/** Resolves when it is to end. @throws WindhoverError `metadata_login`, `metadata_refused`, `metadata_denied`, `metadata_lost` */
function heard(
  client: MqttClient,
  { url, topic }: Where,
  { context, reports, signal, connected }: Listening,
): Promise<void> {
  const { clock, count, log } = context;
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
    client.on('error', (error) => reject(named(error)));
    client.on('close', () => reject(new WindhoverError('metadata_lost', 'the broker has closed the connection')));
    client.on('connect', () => {
      client.subscribe(topic, { qos: 0 }, (error, granted) => {
        if (error || granted?.some(({ qos }) => Number(qos) === REFUSED_TOPIC)) {
          reject(new WindhoverError('metadata_denied', `the broker lets nobody of this account hear ${topic}`));
          return;
        }
        log.info('listens to the broker', { url: maskPasswords(url), topic });
        reports.restart();
        connected();
      });
    });
    client.on('message', (_topic, payload, { retain }) => {
      // What the broker has kept is of no picture of now.
      if (retain) return;
      if (payload.length > MOST_SCENE_CHARS) count('broken_documents');
      else void reports.document(payload.toString('utf8'), clock.monoMs());
    });
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
