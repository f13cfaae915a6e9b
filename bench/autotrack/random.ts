/** Random numbers that are the same on every run. */
export class Random {
  #state: number;
  #spare: number | null = null;

  constructor(seed: number) {
    // Seeds that differ by little must not start alike.
    this.#state = (Math.imul(seed + 1, 2_654_435_761) ^ 0x9e3779b9) >>> 0 || 1;
    for (let k = 0; k < 8; k++) this.uniform();
  }

  /** In [0, 1): xorshift, Marsaglia 2003. */
  uniform(): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state >>> 0;
    return this.#state / 2 ** 32;
  }

  /** Mean 0, standard deviation 1: Box and Muller 1958. */
  normal(): number {
    if (this.#spare !== null) {
      const spare = this.#spare;
      this.#spare = null;
      return spare;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.#spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }
}
