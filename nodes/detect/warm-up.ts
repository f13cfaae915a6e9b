/**
 * The first run of a model, before any frame: on a grey picture, to see whether its outputs are what its family gives.
 * It catches models that are read in the wrong way while it is still one clear error and not a stream of phantoms.
 */
import { type FrameRequest, frameBytes, WindhoverError } from '../../runtime/node.ts';
import { dimsText, type OutputTensor, type Plan } from './families/family.ts';
import type { Inferred } from './infer-family.ts';
import type { FrameData } from './session.ts';

/**
 * Checks the outputs of a run on {@link greyFrame}.
 * @throws WindhoverError (permanent) `model_warmup_failed` with what was expected and found: shapes, finite values, and
 *   what the family knows about its numbers
 */
export function checkOutputs(inferred: Inferred, outputs: readonly OutputTensor[]): void {
  const { plan, family } = inferred;
  const complaint = checkShapes(plan, outputs) ?? checkFinite(plan, outputs) ?? plan.check(outputs);
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
