/** Addresses on both sides of the relay. Those of other servers stay as they are, as without a relay. Pure. */

const ADDRESS_HEADERS: readonly string[] = ['content-base', 'content-location', 'rtp-info'];

export class Urls {
  readonly #camera: string;
  readonly #relay: string;
  readonly #ofCamera: RegExp;

  /** @param camera scheme, host and port of the camera, @param relay what stands for them here */
  constructor(camera: string, relay: string) {
    [this.#camera, this.#relay] = [camera, relay];
    this.#ofCamera = new RegExp(`${RegExp.escape(camera)}(?=[/?#;,"\\s]|$)`, 'g');
  }

  /** It is one of the relay. */
  isOurs(url: string): boolean {
    return url.startsWith(this.#relay) && /^([/?#]|$)/.test(url.slice(this.#relay.length));
  }

  toCamera(url: string): string {
    return this.isOurs(url) ? this.#camera + url.slice(this.#relay.length) : url;
  }

  /** Of a header of an answer. */
  headerToRelay(name: string, value: string): string {
    return ADDRESS_HEADERS.includes(name.toLowerCase()) ? this.#toRelay(value) : value;
  }

  /** Of an answer to DESCRIBE. */
  sdpToRelay(sdp: string): string {
    return sdp.replace(/^a=control:.*$/gm, (line) => this.#toRelay(line));
  }

  #toRelay(text: string): string {
    return text.replace(this.#ofCamera, () => this.#relay);
  }
}
