/**
 * The first run of a model, before any frame: on a grey picture, to see whether its outputs are what its family gives.
 * It catches models that are read in the wrong way while it is still one clear error and not a stream of phantoms.
 */
import { errorMessage, type FrameRequest, frameBytes, WindhoverError } from '../../runtime/node.ts';
import { Candidates } from './candidates.ts';
import { dimsText, type OutputTensor, type Plan } from './families/family.ts';
import type { Model } from './model.ts';
import type { FrameData, ModelSession } from './session.ts';

/**
 * Runs the model on {@link greyFrame}.
 * @throws WindhoverError (permanent) `model_warmup_failed` when it can't run
 */
export async function firstRun(model: Model, session: ModelSession): Promise<readonly OutputTensor[]> {
  try {
    return await session.run(greyFrame(model.request));
  } catch (error) {
    if (error instanceof WindhoverError) throw error;
    throw new WindhoverError('model_warmup_failed', `the model can't run on a picture: ${errorMessage(error)}`, {
      option: 'model',
      got: `a picture ${dimsText(model.image.dims)} ${model.image.type}`,
      cause: error,
    });
  }
}

/**
 * Checks the outputs of {@link firstRun}.
 * @throws WindhoverError (permanent) `model_warmup_failed` with what was expected and found: shapes, finite values, what
 *   the family knows about its numbers, and few detections
 */
export function checkOutputs({ inferred, labels }: Model, outputs: readonly OutputTensor[]): void {
  const { plan, family } = inferred;
  const complaint =
    checkShapes(plan, outputs) ??
    checkFinite(plan, outputs) ??
    plan.check(outputs) ??
    checkFlood(plan, labels.names, outputs);
  if (complaint === null) return;
  throw new WindhoverError(
    'model_warmup_failed',
    `the model does not behave like ${family} ${plan.layout}: ${complaint}`,
    { option: 'model', hint: `it was read as ${family} because ${inferred.why}; set 'family' if that is wrong` },
  );
}

/** A frame of the wanted size: grey with a soft gradient, as a dull sky is. */
export function greyFrame(request: FrameRequest): FrameData {
  const floats = request.format === 'rgbf32' || request.format === 'bgrf32';
  const frame = floats ? new Float32Array(frameBytes(request) / 4) : new Uint8Array(frameBytes(request));
  const white = floats ? (request.white ?? 1) : 255;
  for (let i = 0; i < frame.length; i++) frame[i] = white * (0.4 + (0.2 * i) / frame.length);
  return frame;
}

function checkShapes(plan: Plan, outputs: readonly OutputTensor[]): string | null {
  for (const [i, expected] of plan.outputs.entries()) {
    const dims = outputs[i]?.dims ?? [];
    const fits =
      dims.length === expected.dims.length && expected.dims.every((dim, at) => dim === null || dim === dims[at]);
    if (!fits) return `expected ${expected.name} ${dimsText(expected.dims)}, got ${dimsText(dims)}`;
  }
  return null;
}

function checkFinite(plan: Plan, outputs: readonly OutputTensor[]): string | null {
  for (const [i, { data }] of outputs.entries()) {
    if (!(data instanceof Float32Array)) continue;
    const at = data.findIndex((value) => !Number.isFinite(value));
    if (at >= 0) return `expected finite numbers in ${plan.outputs[i]?.name}, got ${data[at]} at ${at}`;
  }
  return null;
}

const FLOOD_SCORE = 0.5;
const FLOOD_ROWS = 10;

/** Most rows are sure of an object where there is none: what is read as scores is something else. */
function checkFlood(plan: Plan, names: readonly string[], outputs: readonly OutputTensor[]): string | null {
  const byClass = Float64Array.from(names, (name) => (name === '' ? Number.POSITIVE_INFINITY : FLOOD_SCORE));
  const found = new Candidates();
  plan.decoder()(outputs, { byClass, lowest: FLOOD_SCORE }, found);
  const rows = Math.max(...(outputs[0]?.dims ?? []));
  if (found.count < FLOOD_ROWS || found.count * 2 <= rows) return null;
  return `${found.count} of ${rows} boxes have a score of ${FLOOD_SCORE} or more on an empty grey picture`;
}
