/** `play`: the picture that a camera's `view_url` names, in a video element. Keeps trying, and says why there is none. */

import { Backoff } from '../client/backoff.ts';
import type { Player, PlayOptions } from './api.ts';
import { openMedia } from './media.ts';
import { openWebRtc } from './webrtc.ts';

export type * from './api.ts';

export function play(video: HTMLVideoElement, url: string, options: PlayOptions = {}): Player {
  return new LivePlayer(video, new URL(url, document.baseURI), options);
}

/** Of a session of ours, which has its picture also as MP4. */
const OURS = /(\/sessions\/[^/]+)\/whep$/;
/** The server has answered, and does not want to: there is no use in another way to it. */
const REFUSED = /answers \d+$/;

class LivePlayer implements Player {
  receiver: RTCRtpReceiver | undefined;
  way: Player['way'];
  readonly #video: HTMLVideoElement;
  readonly #url: URL;
  readonly #options: PlayOptions;
  readonly #backoff = new Backoff();
  #end: () => void = () => undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  /** Counts the tries: what an older one says is no news. */
  #try = 0;

  constructor(video: HTMLVideoElement, url: URL, options: PlayOptions) {
    this.#video = video;
    this.#url = url;
    this.#options = options;
    this.way = 'RTCPeerConnection' in globalThis ? 'webrtc' : 'media';
    addEventListener('pagehide', this.close);
    void this.#open();
  }

  readonly close = (): void => {
    removeEventListener('pagehide', this.close);
    this.#stop();
  };

  async #open(): Promise<void> {
    const mine = ++this.#try;
    const { token, onState } = this.#options;
    const lost = (why: string) => {
      if (mine === this.#try) this.#again(why);
    };
    const started = () => {
      if (mine !== this.#try) return;
      this.#backoff.reset();
      onState?.(null);
    };
    const headers: HeadersInit = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const parts = { video: this.#video, headers, started, lost };
    try {
      const url = new URL(this.#url);
      if (this.way === 'media') url.pathname = url.pathname.replace(OURS, '$1/preview.mp4');
      const { end, receiver } = await (this.way === 'media' ? openMedia : openWebRtc)({ ...parts, url });
      if (mine !== this.#try) return end();
      this.receiver = receiver;
      this.#end = end;
    } catch (error) {
      lost(error instanceof Error ? error.message : String(error));
    }
  }

  #again(why: string): void {
    this.#stop();
    this.#options.onState?.(why);
    // What does not pass the one way may pass the other.
    const isOurs = OURS.test(this.#url.pathname) && !REFUSED.test(why);
    if (isOurs && 'RTCPeerConnection' in globalThis) this.way = this.way === 'media' ? 'webrtc' : 'media';
    this.#retry = setTimeout(() => void this.#open(), this.#backoff.nextMs());
  }

  #stop(): void {
    this.#try += 1;
    clearTimeout(this.#retry);
    this.#end();
    this.#end = () => undefined;
    this.receiver = undefined;
  }
}
