/** Cameras as a plain Python script does them: a process each, OpenCV, ONNX Runtime, and ByteTrack of `supervision`. */
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CameraKind, Rig } from './rig.ts';

const SCRIPT = join(import.meta.dir, 'plain.py');
const VENV = join(tmpdir(), 'windhover-bench-cameras');
const PACKAGES = ['numpy==2.4.6', 'onnxruntime==1.30.0', 'supervision==0.25.1'];
const LOOK_MS = 50;

/** The Python that has what the script needs: made at the first use. @returns why there is none, as `reason` */
export function plainPython(): { python: string } | { reason: string } {
  const python = join(VENV, 'bin/python');
  const works = () => existsSync(python) && run([python, '-c', 'import cv2, numpy, onnxruntime, supervision']) === '';
  if (works()) return { python };
  console.log(`making a Python environment in ${VENV} for the plain loop: ${PACKAGES.join(', ')}`);
  const failure = run(['python3', '-m', 'venv', VENV]) || run([python, '-m', 'pip', 'install', '-q', ...PACKAGES]);
  return works() ? { python } : { reason: failure.trim().split('\n').at(-1) || 'its packages cannot be loaded' };
}

/** @returns what a command that failed says, else nothing */
function run(command: string[]): string {
  try {
    const { exitCode, stderr } = Bun.spawnSync(command, { stdout: 'ignore', stderr: 'pipe' });
    return exitCode === 0 ? '' : stderr.toString() || `exit code ${exitCode}`;
  } catch (error) {
    return String(error);
  }
}

export class PlainCameras implements Rig {
  readonly name = 'plain loop';
  readonly #python: string;
  readonly #kind: CameraKind;
  readonly #loops: Bun.Subprocess<'ignore', 'pipe', 'inherit'>[] = [];
  readonly #seen = new Set<number>();
  #take: (camera: number, latencyMs: number) => void = () => undefined;

  constructor(python: string, kind: CameraKind) {
    this.#python = python;
    this.#kind = kind;
  }

  async resize(cameras: number): Promise<void> {
    while (this.#loops.length > cameras) await this.#removeLast();
    while (this.#loops.length < cameras) this.#add();
    while (this.#seen.size < cameras) await Bun.sleep(LOOK_MS);
  }

  pids(): number[] {
    return this.#loops.map(({ pid }) => pid);
  }

  onDetections(take: (camera: number, latencyMs: number) => void): void {
    this.#take = take;
  }

  async close(): Promise<void> {
    while (this.#loops.length > 0) await this.#removeLast();
  }

  #add(): void {
    const { video, model, perS } = this.#kind;
    const loop = Bun.spawn([this.#python, SCRIPT, video, model, String(perS)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const camera = this.#loops.push(loop) - 1;
    void this.#read(camera, loop.stdout);
  }

  async #removeLast(): Promise<void> {
    const loop = this.#loops.pop();
    loop?.kill('SIGKILL');
    await loop?.exited;
    this.#seen.delete(this.#loops.length);
  }

  async #read(camera: number, lines: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let rest = '';
    for await (const chunk of lines) {
      const whole = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = whole.pop() ?? '';
      for (const line of whole) {
        this.#seen.add(camera);
        this.#take(camera, Number(line));
      }
    }
  }
}
