/**
 * Looks for ONVIF devices on the network (WS-Discovery, April 2005; ONVIF Core, "Discovery"). Why by hand: see ../README.md.
 */
import { createSocket, type Socket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { percentDecoded, sleep, WindhoverError } from '../../runtime/node.ts';
import { readXml } from '../../runtime/xml.ts';
import { all, at, type XmlElement } from './xml.ts';

export interface FoundDevice {
  /** Of its device service. */
  readonly url: string;
  readonly name: string;
  readonly hardware: string;
  readonly location: string;
}

export interface DiscoverOptions {
  /** Asked one by one, wherever they are; empty: whoever is on the networks of this machine. */
  readonly hosts: readonly string[];
  /** How long answers are waited for. */
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

const GROUP = '239.255.255.250';
const PORT = 3702;
/** Some devices know only the one or the other of their names. */
const TYPES = ['dn:NetworkVideoTransmitter', 'tds:Device'];
/** Datagrams get lost: a probe is sent twice. Who has got it already does not answer again. */
const REPEAT_MS = 300;
const MOST_DEVICES = 1000;
const MOST_CHARS = 100;
const LIMITS = { lenientRoot: 'Envelope', maxDepth: 20, maxElements: 2000 };

/** @returns in the order in which they answered @throws WindhoverError `discovery_failed`: no network can be asked */
export async function discoverDevices({ hosts, waitMs, signal }: DiscoverOptions): Promise<FoundDevice[]> {
  const found = new Map<string, FoundDevice>();
  const failures: unknown[] = [];
  const asked = hosts.length > 0 ? hosts : [GROUP];
  const from = hosts.length > 0 ? [undefined] : ownAddresses();
  const sockets = from.map(() => createSocket('udp4'));
  try {
    const open = (await Promise.all(sockets.map((socket, i) => bind(socket, from[i], failures)))).flat();
    for (const socket of open) {
      socket.on('message', (message, { address }) => {
        for (const device of readMatches(message.toString(), address)) {
          if (found.size < MOST_DEVICES && !found.has(device.url)) found.set(device.url, device);
        }
      });
    }
    const probes = TYPES.map(probe);
    let sent = 0;
    for (const pauseMs of [0, REPEAT_MS]) {
      await sleep(pauseMs, signal);
      const each = open.flatMap((socket) => asked.flatMap((host) => probes.map((text) => send(socket, text, host))));
      sent += (await Promise.all(each)).filter(Boolean).length;
    }
    if (sent === 0) {
      const [cause] = failures;
      throw new WindhoverError('discovery_failed', 'no probe could be sent', { got: asked.join(', '), cause });
    }
    await sleep(Math.max(0, waitMs - REPEAT_MS), signal);
  } finally {
    for (const socket of sockets) socket.close();
  }
  return [...found.values()];
}

/**
 * What a datagram tells of devices; nothing when it is no answer to a probe.
 * @param sender whose address is right where the device names another
 */
export function readMatches(text: string, sender: string): FoundDevice[] {
  try {
    const matches = all(at(readXml(text, LIMITS), 'Body'), 'ProbeMatch');
    return matches.flatMap((match) => readMatch(match, sender) ?? []);
  } catch (error) {
    if (error instanceof WindhoverError) return [];
    throw error;
  }
}

function readMatch(match: XmlElement, sender: string): FoundDevice | null {
  const words = (name: string) => at(match, name)?.text.split(/\s+/) ?? [];
  const urls = words('XAddrs').filter((text) => /^https?:/i.test(text) && URL.canParse(text));
  const best = urls.map((text) => new URL(text)).find(({ hostname }) => hostname === sender);
  const [first] = urls;
  const url = best ?? (first === undefined ? null : Object.assign(new URL(first), { hostname: sender }));
  const scopes = words('Scopes');
  // Printers answer, too.
  const isOnvif = /onvif/i.test(`${scopes.join()}${url?.pathname}`) || words('Types').join().includes('NetworkVideo');
  if (url === null || !isOnvif) return null;
  const scope = (kind: string) => {
    const start = `onvif://www.onvif.org/${kind}/`;
    const named = scopes.find((each) => each.toLowerCase().startsWith(start)) ?? '';
    return percentDecoded(named.slice(start.length)).slice(0, MOST_CHARS);
  };
  return { url: url.href, name: scope('name'), hardware: scope('hardware'), location: scope('location') };
}

function probe(type: string): string {
  const wsa = 'http://schemas.xmlsoap.org/ws/2004/08/addressing';
  const wsd = 'http://schemas.xmlsoap.org/ws/2005/04/discovery';
  return `<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="${wsa}" xmlns:d="${wsd}" xmlns:dn="http://www.onvif.org/ver10/network/wsdl" xmlns:tds="http://www.onvif.org/ver10/device/wsdl"><s:Header><a:MessageID>urn:uuid:${crypto.randomUUID()}</a:MessageID><a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To><a:Action>${wsd}/Probe</a:Action></s:Header><s:Body><d:Probe><d:Types>${type}</d:Types></d:Probe></s:Body></s:Envelope>`;
}

/** Each network is asked by its own address: the system would choose one of them. */
function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((each) =>
    (each ?? []).flatMap(({ family, address }) => (family === 'IPv4' ? [address] : [])),
  );
}

/** @param failures gets why a network cannot be used @returns the socket, or nothing */
async function bind(socket: Socket, own: string | undefined, failures: unknown[]): Promise<Socket[]> {
  const { promise, resolve } = Promise.withResolvers<Socket[]>();
  const failed = (error: unknown) => {
    failures.push(error);
    resolve([]);
  };
  socket.on('error', failed);
  socket.bind(0, own, () => {
    try {
      if (own !== undefined) socket.setMulticastInterface(own);
      resolve([socket]);
    } catch (error) {
      failed(error);
    }
  });
  return await promise;
}

/** True: it went out. */
async function send(socket: Socket, text: string, host: string): Promise<boolean> {
  return await new Promise((resolve) => {
    socket.send(text, PORT, host, (error) => resolve(error === null || error === undefined));
  });
}
