/**
 * Answers to those who look for cameras on the network (WS-Discovery, April 2005, as ONVIF Core, "Discovery", has it): a
 * probe comes by UDP to 239.255.255.250:3702, the answer goes back to who asked.
 */
import { createSocket, type RemoteInfo } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { WindhoverError } from '../../runtime/errors.ts';
import { authority } from '../../runtime/listening.ts';
import { isLoopback } from '../../runtime/loopback.ts';
import { isThisMachine } from './onlookers.ts';
import { PATHS, SCOPES } from './services/device-service.ts';
import { NS } from './soap/names.ts';
import { child, readXml } from './soap/read-xml.ts';
import { el, envelope } from './soap/write-xml.ts';

const GROUP = '239.255.255.250';
const PORT = 3702;
const TYPES = ['NetworkVideoTransmitter', 'Device'];

export interface DiscoverableCamera {
  /** Where it listens. On loopback, others on the network get no answer. */
  readonly host: string;
  readonly port: number;
  /** Called with errors; the camera works without being found. */
  readonly failed: (error: unknown) => void;
}

/** Answers probes until it is closed. */
export function answerProbes({ host, port, failed }: DiscoverableCamera): Disposable {
  const isLocal = isLoopback(host);
  const isAny = host === '0.0.0.0' || host === '::';
  const address = `urn:uuid:${crypto.randomUUID()}`;
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  socket.on('error', failed);
  socket.on('message', (message, from) => {
    if (isLocal && !isThisMachine(from.address)) return;
    const url = `http://${authority(isAny ? addressFor(from) : host, port)}${PATHS.tds}`;
    const answer = probeMatches(message.toString(), address, url);
    if (answer !== null) socket.send(answer, from.port, from.address);
  });
  socket.bind(PORT, () => {
    const join = (member: string) => {
      try {
        socket.addMembership(GROUP, member);
      } catch (error) {
        failed(error);
      }
    };
    const own = isAny ? ownInterfaces().map((each) => each.address) : [isLocal ? '127.0.0.1' : host];
    for (const each of own) join(each);
  });
  return { [Symbol.dispose]: () => void socket.close() };
}

/**
 * The answer to a probe.
 * @param address that stays the same for this camera
 * @param url of its device service
 * @returns null: it is none, or asks for something else
 */
export function probeMatches(text: string, address: string, url: string): string | null {
  const asked = readProbe(text);
  if (asked === null || !asked.types.every((type) => TYPES.includes(type))) return null;
  if (!asked.scopes.every((scope) => SCOPES.some((own) => own.startsWith(scope)))) return null;
  const header = [
    el('wsa:MessageID', `urn:uuid:${crypto.randomUUID()}`),
    el('wsa:RelatesTo', asked.messageId),
    el('wsa:To', `${NS.wsa}/role/anonymous`),
    el('wsa:Action', `${NS.wsd}/ProbeMatches`),
  ];
  const match = el(
    'wsd:ProbeMatch',
    el('wsa:EndpointReference', el('wsa:Address', address)),
    el('wsd:Types', 'dn:NetworkVideoTransmitter tds:Device'),
    el('wsd:Scopes', SCOPES.join(' ')),
    el('wsd:XAddrs', url),
    el('wsd:MetadataVersion', 1),
  );
  return envelope(el('wsd:ProbeMatches', match), header);
}

interface Probe {
  readonly messageId: string;
  /** Without their prefixes. */
  readonly types: readonly string[];
  readonly scopes: readonly string[];
}

/** Null for whatever else comes to that port. */
function readProbe(text: string): Probe | null {
  try {
    const message = readXml(text);
    const probe = child(child(message, 's:Body'), 'wsd:Probe');
    if (!probe) return null;
    const words = (name: 'wsd:Types' | 'wsd:Scopes') => child(probe, name)?.text.split(/\s+/).filter(Boolean) ?? [];
    return {
      messageId: child(child(message, 's:Header'), 'wsa:MessageID')?.text ?? '',
      types: words('wsd:Types').map((type) => type.replace(/^.*:/, '')),
      scopes: words('wsd:Scopes'),
    };
  } catch (error) {
    if (error instanceof WindhoverError) return null;
    throw error;
  }
}

function ownInterfaces() {
  return Object.values(networkInterfaces()).flatMap((all) => (all ?? []).filter(({ family }) => family === 'IPv4'));
}

/** The address under which that machine reaches us. */
function addressFor({ address: asking }: RemoteInfo): string {
  const bits = (text: string) => text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const inNet = ownInterfaces().find(({ address, netmask }) => {
    const mask = bits(netmask);
    return (bits(address) & mask) === (bits(asking) & mask);
  });
  return inNet?.address ?? ownInterfaces().find(({ internal }) => !internal)?.address ?? '127.0.0.1';
}
