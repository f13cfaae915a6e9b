/** `bun run models pull NAME…`: puts known models where graphs find them by name. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, errorMessage, WindhoverError } from '../../errors.ts';
import { modelFolders, type Surroundings } from '../command.ts';
import { barText, formatDuration, StatusLine } from '../status-line.ts';
import { download, fileSha256 } from './download.ts';
import { findKnown, type KnownModel } from './registry.ts';
import { bytesText } from './text.ts';

const STALL_MS = 30_000;
const SHOW_EVERY_MS = 100;
/** What a shell reports for a command that Ctrl-C ended. */
const INTERRUPTED = 130;

/**
 * @param force replaces a file of that name that is another one
 * @returns the exit code: 0 when all of them are there, 130 after Ctrl-C, else 1
 * @throws WindhoverError `model_unknown`, before anything is asked for
 */
export async function pullModels(
  names: readonly string[],
  known: readonly KnownModel[],
  force: boolean,
  surroundings: Surroundings,
): Promise<number> {
  const models = [...new Set(names)].map((name) => findKnown(name, known));
  const [folder = ''] = modelFolders(surroundings);
  await mkdir(folder, { recursive: true });
  const interruption = new AbortController();
  const interrupt = () => interruption.abort();
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  let failed = false;
  try {
    for (const model of models) {
      try {
        await pull(model, join(folder, `${model.name}.onnx`), { force, signal: interruption.signal, surroundings });
      } catch (error) {
        surroundings.stderr.write(`windhover models: ${model.name}: ${errorMessage(error)}${codeText(error)}\n`);
        if (interruption.signal.aborted) return INTERRUPTED;
        failed = true;
      }
    }
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
  return failed ? 1 : 0;
}

interface PullOptions {
  readonly force: boolean;
  readonly signal: AbortSignal;
  readonly surroundings: Surroundings;
}

/** @throws WindhoverError `model_exists`, and those of {@link download} */
async function pull(model: KnownModel, target: string, { force, signal, surroundings }: PullOptions): Promise<void> {
  const { name, url, bytes, sha256, licence } = model;
  const { stdout, stderr } = surroundings;
  const state = await stateOf(target, model);
  if (state === 'right') {
    stdout.write(`${name}: already there (${target})\n`);
    return;
  }
  if (state === 'other' && !force) {
    throw new WindhoverError('model_exists', `${target} exists with other content`, {
      expected: `SHA-256 ${sha256}`,
      hint: 'rename it, or replace it with --force',
    });
  }
  const status = new StatusLine(stderr);
  if (!status.live) stderr.write(`${name}: ${bytesText(bytes)} from ${url}\n`);
  let resumedAt: number;
  try {
    resumedAt = await download({ ...model, target, stallMs: STALL_MS, signal, progress: downloadBar(model, status) });
  } finally {
    status.end();
  }
  const rest = resumedAt > 0 ? `, ${bytesText(resumedAt)} of it from before` : '';
  stdout.write(`${name}: ${bytesText(bytes)}${rest}, ${licence}, SHA-256 is right (${target})\n`);
}

async function stateOf(target: string, model: KnownModel): Promise<'none' | 'right' | 'other'> {
  const file = Bun.file(target);
  if (!(await file.exists())) return 'none';
  return (await isKnownFile(target, model)) ? 'right' : 'other';
}

/** Whether a file is the known model, to the byte. */
export async function isKnownFile(file: string, { bytes, sha256 }: KnownModel): Promise<boolean> {
  return Bun.file(file).size === bytes && (await fileSha256(file)) === sha256;
}

/** `yolox_tiny ████████░░░░  42 % · 8.5 of 20.2 MB · 3.1 MB/s · 4 s left` */
function downloadBar({ name, bytes }: KnownModel, status: StatusLine): (at: number) => void {
  let start: { readonly ms: number; readonly bytes: number } | undefined;
  let shownMs = Number.NEGATIVE_INFINITY;
  return (at) => {
    const nowMs = performance.now();
    start ??= { ms: nowMs, bytes: at };
    if (nowMs - shownMs < SHOW_EVERY_MS && at < bytes) return;
    shownMs = nowMs;
    const elapsedS = Math.max(0.001, (nowMs - start.ms) / 1000);
    const bytesPerS = (at - start.bytes) / elapsedS;
    const left = bytesPerS > 0 ? formatDuration((bytes - at) / bytesPerS) : '…';
    const amount = `${bytesText(at)} of ${bytesText(bytes)} · ${bytesText(bytesPerS)}/s · ${left} left`;
    status.show(`${barText(name, at / bytes)} · ${amount}`);
  };
}

function codeText(error: unknown): string {
  const code = errorCode(error);
  return code === undefined ? '' : ` [${code}]`;
}
