/** The virtual camera in this process: renders what it sees, obeys the board's motor commands, tells where it points. */
import { boardTopics, type Clock, type HeadAxis, type NodeContext } from '../../runtime/node.ts';
import type { VirtualCamera } from '../../sim/index.ts';
import type { VirtualFeed, VirtualPicture } from './remote-feed.ts';

type Board = NodeContext<unknown, Record<never, never>>['board'];

export class LocalFeed implements VirtualFeed {
  readonly #camera: VirtualCamera;
  readonly #size: { readonly width: number; readonly height: number };
  readonly #clock: Clock;
  readonly #board: Board;
  #picture: ReturnType<VirtualCamera['render']> | undefined;

  constructor(camera: VirtualCamera, [width, height]: readonly [number, number], clock: Clock, board: Board) {
    this.#camera = camera;
    this.#size = { width, height };
    this.#clock = clock;
    this.#board = board;
    board.watch(boardTopics.motors, (command) => {
      camera.command(command);
      this.#tell();
    });
  }

  async picture(): Promise<VirtualPicture> {
    const timeS = this.#camera.nowS();
    const monoMs = this.#clock.monoMs();
    this.#tell();
    this.#picture = this.#camera.render(timeS, this.#size, this.#picture);
    return { bytes: this.#picture.bytes, size: { w: this.#size.width, h: this.#size.height }, monoMs };
  }

  /** Position, speed and limits of each axis: what a camera tells, no more. */
  #tell(): void {
    const state = this.#camera.state();
    this.#board.post(boardTopics.head, {
      atMs: this.#clock.monoMs(),
      axes: perAxis((axis) => {
        const { position, rate } = state[axis];
        return { position, rate, moving: this.#camera.isMoving(axis) };
      }),
      spec: perAxis((axis) => {
        const { min, max, maxRate } = this.#camera.spec[axis];
        return { min, max, maxRate };
      }),
      hfovDeg: this.#camera.poseAt(this.#camera.nowS()).hfovDeg,
    });
  }
}

function perAxis<T>(of: (axis: HeadAxis) => T) {
  return { pan: of('pan'), tilt: of('tilt'), zoom: of('zoom') };
}
