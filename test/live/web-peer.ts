/** A browser as a WHEP server: its pictures show when they were taken (shown-time.ts), encoded and sent by its WebRTC. */
import { type Browser, chromium, type Page } from 'playwright-core';
import { FIELDS, PICTURE } from './shown-time.ts';

/** Draws the time 25 times a second, and answers offers. */
const PAGE = `
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [${PICTURE.width}, ${PICTURE.height}];
  const context = canvas.getContext('2d');
  setInterval(() => {
    const takenMs = Date.now();
    context.fillStyle = '#606060';
    context.fillRect(0, 0, canvas.width, canvas.height);
    for (let bit = 0; bit < ${FIELDS.count}; bit++) {
      context.fillStyle = Math.floor(takenMs / 2 ** (${FIELDS.count} - 1 - bit)) % 2 === 1 ? '#ffffff' : '#000000';
      context.fillRect(bit * ${FIELDS.width}, 0, ${FIELDS.width}, ${FIELDS.height});
    }
  }, 40);
  const stream = canvas.captureStream(25);
  const peers = [];
  function connect() {
    const peer = new RTCPeerConnection();
    peers.push(peer);
    return peer;
  }
  async function answer(offer) {
    const peer = connect();
    await peer.setRemoteDescription({ type: 'offer', sdp: offer });
    peer.addTrack(stream.getVideoTracks()[0], stream);
    return describe(peer, await peer.createAnswer());
  }
  let published;
  async function offer() {
    published = connect();
    published.addTransceiver(stream.getVideoTracks()[0], { direction: 'sendonly' });
    return describe(published, await published.createOffer());
  }
  async function describe(peer, description) {
    const gathered = new Promise((resolve) => {
      peer.onicegatheringstatechange = () => peer.iceGatheringState === 'complete' && resolve();
    });
    await peer.setLocalDescription(description);
    await gathered;
    return peer.localDescription.sdp;
  }
`;

export class WebPeer implements AsyncDisposable {
  readonly #browser: Browser;
  readonly #page: Page;
  readonly #server: Bun.Server<undefined>;

  private constructor(browser: Browser, page: Page) {
    this.#browser = browser;
    this.#page = page;
    const fetch = async (request: Request) => {
      const offer = JSON.stringify(await request.text());
      const sdp = await this.#page.evaluate<string>(`answer(${offer})`);
      return new Response(sdp, { status: 201, headers: { 'content-type': 'application/sdp' } });
    };
    this.#server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch });
  }

  /** @returns undefined, and says so, where there is no browser that encodes H.264 */
  static async start(): Promise<WebPeer | undefined> {
    const executablePath = Bun.which('chromium') ?? undefined;
    if (executablePath === undefined) {
      console.log('skipped: no chromium (apt-get install chromium)');
      return undefined;
    }
    const args = ['--no-sandbox', '--disable-features=WebRtcHideLocalIpsWithMdns'];
    const browser = await chromium.launch({ executablePath, args });
    const page = await browser.newPage();
    await page.addScriptTag({ content: PAGE });
    const codecs = await page.evaluate<string[]>(
      `RTCRtpSender.getCapabilities('video').codecs.map(({ mimeType }) => mimeType)`,
    );
    if (codecs.includes('video/H264')) return new WebPeer(browser, page);
    console.log('skipped: this chromium does not encode H.264');
    await browser.close();
    return undefined;
  }

  get url(): string {
    return `whep:http://127.0.0.1:${this.#server.port}/whep`;
  }

  /** Sends its pictures to a server, by WHIP. */
  async publish(url: string): Promise<void> {
    const body = await this.#page.evaluate<string>('offer()');
    const answer = await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/sdp' } });
    const sdp = JSON.stringify(await answer.text());
    await this.#page.evaluate(`published.setRemoteDescription({ type: 'answer', sdp: ${sdp} })`);
  }

  /** Ends the connections, as a page does that is left. */
  async hangUp(): Promise<void> {
    await this.#page.evaluate('peers.forEach((peer) => peer.close())');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
    await this.#server.stop(true);
  }
}
