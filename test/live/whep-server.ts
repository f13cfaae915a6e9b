/**
 * A WHEP server on werift, whose pictures are those of ffmpeg-peer.ts and show when they were taken. Each habit of real
 * servers is an option.
 *
 *     bun test/live/whep-server.ts OPTIONS      JSON; prints "port N"; ends when its input is closed
 */
import { createSocket, type Socket } from 'node:dgram';
import {
  RTCPeerConnection,
  RTCRtpCodecParameters,
  RTCRtpHeaderExtensionParameters,
  type RTCRtpTransceiver,
  RtcpSenderInfo,
  RtcpSrPacket,
  RtpHeader,
  RtpPacket,
  useNACK,
  usePLI,
} from 'werift';
import { hearSocketErrors } from '../../webrtc/index.ts';
import { printedPort } from '../support/processes.ts';
import { FfmpegPeer } from './ffmpeg-peer.ts';

export interface WhepServerOptions {
  readonly port?: number;
  readonly location?: 'absolute' | 'relative' | 'none';
  /** `json`: the offer is taken as JSON only, at /offer. */
  readonly form?: 'sdp' | 'json';
  readonly trickle?: boolean;
  readonly login?: readonly [user: string, password: string];
  readonly token?: string;
  /** Every offer is refused so. */
  readonly refusal?: { readonly status: number; readonly text: string };
  /** Sender reports: from when on. Never by default. */
  readonly reportsAfterMs?: number;
  /** Sends the time of capture along. */
  readonly captureTimes?: boolean;
  /** The clock of the server is ahead by that. */
  readonly aheadMs?: number;
  /** Every so many packets one is lost, and not sent again. */
  readonly lossEvery?: number;
  /** RTP timestamps and sequence numbers begin so far below their wrap. */
  readonly beforeWrap?: { readonly sequences: number; readonly ticks: number };
  readonly codec?: 'H264' | 'H265' | 'VP8';
  /** SSRCs are not told in the answer. */
  readonly hidesSsrc?: boolean;
  readonly gop?: number;
}

const CAPTURE_TIME = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time';
const NTP_TO_UNIX_S = 2_208_988_800n;

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly type: string | null;
  readonly body: string;
}

export class WhepServer implements AsyncDisposable {
  readonly requests: SeenRequest[] = [];
  readonly #options: WhepServerOptions;
  readonly #sessions = new Map<string, Session>();
  readonly #socket: Socket;
  readonly #pictures: FfmpegPeer;
  readonly #web: Bun.Server<unknown>;
  #isHalted = false;
  /** Timestamp of the first picture. */
  #origin: number | undefined;

  private constructor(options: WhepServerOptions, socket: Socket) {
    this.#options = options;
    this.#socket = socket;
    socket.on('message', (data) => this.#forward(RtpPacket.deSerialize(data)));
    const gop = options.gop === undefined ? '' : `-g ${options.gop} `;
    const encoder = options.codec === 'H265' ? '-c:v libx265 -x265-params log-level=none:bframes=0 ' : '';
    this.#pictures = new FfmpegPeer(
      `${encoder}${gop}-f rtp rtp://127.0.0.1:${socket.address().port}?pkt_size=1200`,
      '-framerate 25',
    );
    this.#web = Bun.serve({
      hostname: '127.0.0.1',
      port: options.port ?? 0,
      fetch: (request) => this.#answer(request),
    });
  }

  static async start(options: WhepServerOptions = {}): Promise<WhepServer> {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    return new WhepServer(options, socket);
  }

  /** The same in a process of its own, which can be killed. */
  static async spawn(options: WhepServerOptions = {}) {
    const command = [process.execPath, import.meta.path, JSON.stringify(options)];
    const server = Bun.spawn(command, { stdin: 'pipe', stdout: 'pipe', stderr: 'inherit' });
    const port = await printedPort(server);
    const kill = async () => {
      server.kill('SIGKILL');
      await server.exited;
    };
    return { port, url: `whep:http://127.0.0.1:${port}/cam/whep`, kill, [Symbol.asyncDispose]: kill };
  }

  get port(): number {
    return this.#web.port ?? 0;
  }

  get url(): string {
    return `whep:http://127.0.0.1:${this.port}${this.#options.form === 'json' ? '' : '/cam/whep'}`;
  }

  get sessions(): number {
    return this.#sessions.size;
  }

  /** Sends nothing any more, but is there. */
  halt(): void {
    this.#isHalted = true;
  }

  goOn(): void {
    this.#isHalted = false;
  }

  /** When its pictures were taken. */
  get takenUnixMs(): readonly number[] {
    return this.#pictures.takenUnixMs;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pictures[Symbol.asyncDispose]();
    this.#socket.close();
    await this.#web.stop(true);
    await Promise.all([...this.#sessions.values()].map((session) => session.close()));
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const body = await request.text();
    const type = request.headers.get('content-type');
    this.requests.push({ method: request.method, path: pathname, type, body });
    const { login, token } = this.#options;
    const wanted = login ? `Basic ${Buffer.from(login.join(':')).toString('base64')}` : token && `Bearer ${token}`;
    if (wanted !== undefined && request.headers.get('authorization') !== wanted) {
      return new Response('', { status: 401, headers: { 'www-authenticate': 'Basic realm="test"' } });
    }
    const session = this.#sessions.get(pathname.split('/').at(-1) ?? '');
    if (request.method === 'POST') return this.#offer(pathname, type, body);
    if (!session) return new Response('', { status: 404 });
    if (request.method === 'PATCH') return new Response(null, { status: 204 });
    await this.#close(session);
    return new Response('');
  }

  async #offer(pathname: string, type: string | null, body: string): Promise<Response> {
    const { form = 'sdp', refusal } = this.#options;
    if (refusal) return new Response(refusal.text, { status: refusal.status });
    const isJson = type === 'application/json';
    if (pathname !== (form === 'json' ? '/offer' : '/cam/whep')) return new Response('no such stream', { status: 404 });
    if (isJson !== (form === 'json')) return new Response('not like this', { status: isJson ? 400 : 500 });
    const session = new Session(this.#options);
    const sdp = await session.answer(isJson ? (JSON.parse(body) as { sdp: string }).sdp : body);
    this.#sessions.set(session.id, session);
    if (isJson) return Response.json({ type: 'answer', sdp });
    return new Response(sdp, { status: 201, headers: this.#headers(session) });
  }

  #headers({ id }: Session): Record<string, string> {
    const { location = 'relative', trickle } = this.#options;
    const path = `/cam/whep/${id}`;
    return {
      'content-type': 'application/sdp',
      ...(location === 'none'
        ? {}
        : { location: location === 'relative' ? path : `http://127.0.0.1:${this.port}${path}` }),
      ...(trickle ? { 'accept-patch': 'application/trickle-ice-sdpfrag', etag: '"1"' } : {}),
    };
  }

  async #close(session: Session): Promise<void> {
    this.#sessions.delete(session.id);
    await session.close();
  }

  #forward({ header, payload }: RtpPacket): void {
    this.#origin ??= header.timestamp;
    const picture = ((header.timestamp - this.#origin) >>> 0) / (90_000 / 25);
    const takenUnixMs = this.#pictures.takenUnixMs[picture] ?? Number.NaN;
    if (this.#isHalted) return;
    for (const session of this.#sessions.values()) session.send(payload, header.marker, takenUnixMs);
  }
}

/** One client. */
class Session {
  readonly id = crypto.randomUUID();
  readonly #options: WhepServerOptions;
  readonly #peer: RTCPeerConnection;
  readonly #video: RTCRtpTransceiver;
  readonly #ssrc = Math.floor(Math.random() * 2 ** 32);
  readonly #beganMs = Date.now();
  #sequence: number;
  #originTicks: number | undefined;
  #packets = 0;
  #reportedMs = 0;

  constructor(options: WhepServerOptions) {
    this.#options = options;
    this.#sequence = options.beforeWrap ? 0x10000 - options.beforeWrap.sequences : 1000;
    const { codec = 'H264', captureTimes } = options;
    const mimeType = `video/${codec}`;
    const parameters = codec === 'H264' ? 'packetization-mode=1;profile-level-id=42e01f' : '';
    const rtcpFeedback = [useNACK(), usePLI()];
    this.#peer = new RTCPeerConnection({
      codecs: { video: [new RTCRtpCodecParameters({ mimeType, parameters, clockRate: 90_000, rtcpFeedback })] },
      headerExtensions: { video: captureTimes ? [new RTCRtpHeaderExtensionParameters({ uri: CAPTURE_TIME })] : [] },
      iceServers: [],
      iceAdditionalHostAddresses: ['127.0.0.1'],
    });
    this.#video = this.#peer.addTransceiver('video', { direction: 'sendonly' });
  }

  async answer(offer: string): Promise<string> {
    await this.#peer.setRemoteDescription({ type: 'offer', sdp: offer });
    await this.#peer.setLocalDescription(await this.#peer.createAnswer());
    hearSocketErrors(this.#peer);
    const sdp = this.#peer.localDescription?.sdp ?? '';
    // As from a server that is bound to 127.0.0.1.
    const lines = sdp.split('\r\n').filter((line) => !/^a=candidate/.test(line) || line.includes(' 127.0.0.1 '));
    const isSsrc = (line: string) => line.startsWith('a=ssrc');
    return lines
      .filter((line) => !(this.#options.hidesSsrc && isSsrc(line)))
      .join('\r\n')
      .replaceAll(/^a=ssrc:\d+/gm, `a=ssrc:${this.#ssrc}`);
  }

  /** @param takenUnixMs when the picture was taken that it is a part of */
  send(payload: Buffer, marker: boolean, takenUnixMs: number): void {
    const { lossEvery, beforeWrap, aheadMs = 0 } = this.#options;
    if (this.#peer.connectionState !== 'connected') return;
    this.#packets += 1;
    const sequenceNumber = this.#sequence++ & 0xffff;
    if (lossEvery !== undefined && this.#packets % lossEvery === 0) return;
    const ticks = Math.round(takenUnixMs * 90);
    this.#originTicks ??= ticks + (beforeWrap?.ticks ?? -5_000_000);
    const timestamp = (ticks - this.#originTicks) >>> 0;
    const ntp = ntpOf(takenUnixMs + aheadMs);
    const header = new RtpHeader({
      sequenceNumber,
      timestamp,
      marker,
      ssrc: this.#ssrc,
      payloadType: this.#video.codecs[0]?.payloadType ?? 0,
      ...this.#extension(ntp),
    });
    void this.#video.dtlsTransport.sendRtp(payload, header);
    this.#report(timestamp, ntp);
  }

  async close(): Promise<void> {
    await this.#peer.close();
  }

  #extension(ntp: bigint) {
    const id = this.#video.headerExtensions.find(({ uri }) => uri === CAPTURE_TIME)?.id;
    if (id === undefined) return {};
    const payload = Buffer.alloc(8);
    payload.writeBigUInt64BE(ntp);
    return { extension: true, extensions: [{ id, payload }] };
  }

  #report(rtpTimestamp: number, ntpTimestamp: bigint): void {
    const { reportsAfterMs } = this.#options;
    const nowMs = Date.now();
    if (reportsAfterMs === undefined || nowMs < Math.max(this.#beganMs + reportsAfterMs, this.#reportedMs + 1000))
      return;
    this.#reportedMs = nowMs;
    const senderInfo = new RtcpSenderInfo({ ntpTimestamp, rtpTimestamp, packetCount: this.#packets, octetCount: 0 });
    void this.#video.dtlsTransport.sendRtcp([new RtcpSrPacket({ ssrc: this.#ssrc, senderInfo })]);
  }
}

function ntpOf(unixMs: number): bigint {
  const wholeS = Math.floor(unixMs / 1000);
  const fraction = Math.floor(((unixMs - wholeS * 1000) * 2 ** 32) / 1000);
  return ((BigInt(wholeS) + NTP_TO_UNIX_S) << 32n) | BigInt(fraction);
}

if (import.meta.main) {
  const server = await WhepServer.start(JSON.parse(process.argv[2] ?? '{}'));
  console.log(`port ${server.port}`);
  process.stdin.on('end', () => process.exit(0)).resume();
}
