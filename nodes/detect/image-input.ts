/** The input that takes the picture: which one it is, its type, layout and size. */
import { type Size, WindhoverError } from '../../runtime/node.ts';
import { dimsText } from './families/family.ts';
import type { OnnxFile } from './onnx-file.ts';
import type { DetectOptions } from './options.ts';

export interface ImageInput {
  readonly name: string;
  readonly type: 'float32' | 'float16' | 'uint8';
  /** [batch, 3, H, W]; else pixel after pixel, [batch, H, W, 3]. */
  readonly planes: boolean;
  /** Pictures a run; all but the first one are left black, and their results are not read. */
  readonly batch: number;
  readonly dims: readonly number[];
  readonly size: Size;
}

/** @throws WindhoverError (permanent) `model_input_unsupported` or `model_input_size` */
export function findImage(onnx: OnnxFile, options: DetectOptions): ImageInput {
  const input = onnx.inputs.find(({ dims }) => dims.length === 4) ?? onnx.inputs.find(({ dims }) => dims.length === 3);
  const { name = '', type = '', dims = [] } = input ?? {};
  const [first, second, third] = dims.slice(-3);
  const batch = dims.length === 4 ? [typeof dims[0] === 'number' ? dims[0] : 1] : [];
  const known = type === 'float32' || type === 'float16' || type === 'uint8' ? type : null;
  // Where nothing is fixed it is the order of PyTorch.
  const planes = first === 3 || (third !== 3 && typeof first === 'string');
  if (known === null || !(planes || third === 3) || (batch[0] ?? 1) > MAX_BATCH) {
    throw new WindhoverError('model_input_unsupported', "the model's image input is not supported", {
      option: 'model',
      expected: `one input [1, 3, H, W] or [1, H, W, 3] of float32, float16 or uint8, up to ${MAX_BATCH} pictures a run`,
      got: onnx.inputs.map((one) => `${one.name} ${dimsText(one.dims)} ${one.type}`).join(', ') || 'no input',
      hint: 'export it again',
    });
  }
  const [h, w] = planes ? [second, third] : [first, second];
  const wanted = statedSize(options.input_size, onnx.metadata);
  const fixed = { w: typeof w === 'number' ? w : wanted.w, h: typeof h === 'number' ? h : wanted.h };
  if (options.input_size !== undefined && (fixed.w !== wanted.w || fixed.h !== wanted.h)) {
    throw new WindhoverError('model_input_size', 'the input size of the model is fixed', {
      option: 'input_size',
      expected: `${fixed.w}×${fixed.h}`,
      got: `${wanted.w}×${wanted.h}`,
      hint: 'remove input_size, or export the model with a dynamic size',
    });
  }
  const shape = planes ? [3, fixed.h, fixed.w] : [fixed.h, fixed.w, 3];
  return { name, type: known, planes, batch: batch[0] ?? 1, dims: [...batch, ...shape], size: fixed };
}

/** More would only be waste. */
const MAX_BATCH = 64;
/** What exporters note below that is something else. */
const LEAST_SIDE = 32;

/** For sides that the file leaves open: the option, else the metadata (`imgsz` is height and width), else 640×640. */
function statedSize(
  option: DetectOptions['input_size'],
  { imgsz, imgsz_h: high, imgsz_w: wide }: OnnxFile['metadata'],
): Size {
  if (typeof option === 'number') return { w: option, h: option };
  if (option !== undefined) return { w: option[0] ?? 0, h: option[1] ?? 0 };
  const numbers = (high && wide ? [high, wide] : (imgsz?.match(/\d+/g) ?? [])).map(Number);
  const [h = 640, w = h] = numbers;
  return h < LEAST_SIDE || w < LEAST_SIDE ? { w: 640, h: 640 } : { w, h };
}
