/** A real Mosquitto, and a subscriber of it that writes down what comes. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Subprocess } from 'bun';
import { until } from '../../support/patience.ts';

export const hasMosquitto = ['mosquitto', 'mosquitto_sub', 'mosquitto_pub', 'mosquitto_passwd', 'openssl'].every(
  (program) => Bun.which(program) !== null,
);
if (!hasMosquitto) console.warn('MQTT with a real broker: skipped, there is no mosquitto');

export interface BrokerKind {
  readonly tls?: boolean;
  /** Only clients that show the certificate `client` are let in. */
  readonly wantsCertificate?: boolean;
  readonly password?: string;
}

export const USER = 'windhover';

export class Mosquitto implements AsyncDisposable {
  readonly port: number;
  readonly #folder: string;
  readonly #kind: BrokerKind;
  #process: Subprocess | undefined;

  /** @param folder for its files, its own */
  constructor(folder: string, kind: BrokerKind = {}) {
    const probe = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data: () => undefined } });
    this.port = probe.port;
    probe.stop(true);
    this.#folder = folder;
    this.#kind = kind;
    this.#write();
  }

  get ca(): string {
    return join(this.#folder, 'cert.pem');
  }

  /** Of the client that is let in. */
  get client(): { cert: string; key: string } {
    return { cert: join(this.#folder, 'client.pem'), key: join(this.#folder, 'client.key') };
  }

  async start(): Promise<void> {
    this.#process = Bun.spawn(['mosquitto', '-c', join(this.#folder, 'mosquitto.conf')], {
      stdout: 'ignore',
      stderr: 'ignore',
    });
    await until('the broker listens', async () => {
      const socket = await Bun.connect({
        hostname: '127.0.0.1',
        port: this.port,
        socket: { data: () => undefined },
      }).catch(() => undefined);
      socket?.end();
      return socket !== undefined;
    });
  }

  async kill(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    this.#process?.kill(signal);
    await this.#process?.exited;
  }

  /** Options of mosquitto_sub and mosquitto_pub. */
  get access(): string[] {
    const { tls, wantsCertificate, password } = this.#kind;
    const { cert, key } = this.client;
    return [
      ...['-h', '127.0.0.1', '-p', String(this.port)],
      ...(tls ? ['--cafile', this.ca] : []),
      ...(wantsCertificate ? ['--cert', cert, '--key', key] : []),
      ...(password === undefined ? [] : ['-u', USER, '-P', password]),
    ];
  }

  publish(topic: string, payload: string, ...more: string[]): void {
    const { exitCode, stderr } = Bun.spawnSync(['mosquitto_pub', ...this.access, '-t', topic, '-m', payload, ...more]);
    if (exitCode !== 0) throw new Error(`mosquitto_pub: ${stderr}`);
  }

  /** What a client that comes now is told at once: topic → payload. */
  async retained(filter: string): Promise<Map<string, string>> {
    await using subscriber = new MosquittoSubscriber(this, filter);
    // Told last of all: what was retained has come by then.
    await subscriber.ready();
    return new Map(
      subscriber.messages.filter(({ retained }) => retained).map(({ topic, payload }) => [topic, payload]),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill('SIGKILL');
  }

  #write(): void {
    const file = (name: string) => join(this.#folder, name);
    const { tls, wantsCertificate, password } = this.#kind;
    const { cert, key } = this.client;
    if (tls) makeCertificate('127.0.0.1', this.ca, file('key.pem'));
    if (wantsCertificate) makeCertificate(USER, cert, key);
    if (password !== undefined) {
      Bun.spawnSync(['mosquitto_passwd', '-b', '-c', file('passwords'), USER, password]);
      chmodSync(file('passwords'), 0o644);
    }
    const lines = [
      `listener ${this.port} 127.0.0.1`,
      ...(tls ? [`certfile ${this.ca}`, `keyfile ${file('key.pem')}`] : []),
      ...(wantsCertificate ? [`cafile ${cert}`, 'require_certificate true'] : []),
      ...(password === undefined
        ? ['allow_anonymous true']
        : ['allow_anonymous false', `password_file ${file('passwords')}`]),
      ...['persistence true', `persistence_location ${this.#folder}/`, 'max_queued_messages 0'],
      // A broker that is killed knows afterwards what it had confirmed.
      ...['autosave_on_changes true', 'autosave_interval 1'],
      // Started by root it would become another user, who may not write here.
      'user root',
    ];
    writeFileSync(file('mosquitto.conf'), `${lines.join('\n')}\n`);
  }
}

function makeCertificate(name: string, cert: string, key: string): void {
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1'];
  const form = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2'];
  Bun.spawnSync(['openssl', 'req', ...form, ...subject, '-keyout', key, '-out', cert]);
  chmodSync(key, 0o644);
}

export interface Heard {
  readonly topic: string;
  readonly payload: string;
  readonly retained: boolean;
}

/** mosquitto_sub: a client by others. */
export class MosquittoSubscriber implements AsyncDisposable {
  readonly messages: Heard[] = [];
  readonly #broker: Mosquitto;
  readonly #process: Subprocess<'ignore', 'pipe', 'ignore'>;
  readonly #mark = `marks/${crypto.randomUUID()}`;
  #isMarked = false;

  /** @param id the broker remembers a client of this name, and what it has not been told while it was away */
  constructor(broker: Mosquitto, filter: string, id?: string) {
    this.#broker = broker;
    const remembered = id === undefined ? [] : ['-c', '-i', id];
    const command = ['mosquitto_sub', ...broker.access, '-q', '1', ...remembered, '-t', filter, '-t', this.#mark];
    this.#process = Bun.spawn([...command, '-F', '%r %t %p'], { stdin: 'ignore', stdout: 'pipe', stderr: 'ignore' });
    void this.#read();
  }

  /** Resolves once it has subscribed, and has heard what was retained. */
  async ready(): Promise<void> {
    await until('a subscriber hears', () => {
      if (!this.#isMarked) this.#broker.publish(this.#mark, 'here');
      return this.#isMarked;
    });
  }

  payloads(topic: string): string[] {
    return this.messages.filter((message) => message.topic === topic).map(({ payload }) => payload);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill();
    await this.#process.exited;
  }

  async #read(): Promise<void> {
    let rest = '';
    for await (const chunk of this.#process.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = `${rest}${chunk}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#line(line);
    }
  }

  #line(line: string): void {
    const [retained, topic = '', ...payload] = line.split(' ');
    if (topic === this.#mark) this.#isMarked = true;
    else this.messages.push({ topic, payload: payload.join(' '), retained: retained === '1' });
  }
}
