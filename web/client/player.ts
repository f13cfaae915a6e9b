/** `play`: the picture that a camera's `view_url` names, in a video element. Keeps trying, and says why there is none. */
import type { Player, PlayOptions } from './api.ts';
import { Backoff } from './backoff.ts';
import { openWebRtc } from './webrtc.ts';

export function play(video: HTMLVideoElement, url: string, options: PlayOptions = {}): Player {
  return new LivePlayer(video, new URL(url, document.baseURI), options);
}

class LivePlayer implements Player {
  receiver: RTCRtpReceiver | undefined;
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
    addEventListener('pagehide', this.close);
    void this.#open();
  }

  readonly close = (): void => {
    removeEventListener('pagehide', this.close);
    this.#stop();
  };

  async #open(): Promise<void> {
    const mine = ++this.#try;
    const { token } = this.#options;
    const lost = (why: string) => {
      if (mine === this.#try) this.#again(why);
    };
    try {
      const { receiver, end } = await openWebRtc({
        video: this.#video,
        url: this.#url,
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
        started: () => {
          if (mine !== this.#try) return;
          this.#backoff.reset();
          this.#options.onState?.(null);
        },
        lost,
      });
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
