"""Writes the trained network with 8-bit convolutions, which CPUs run more than twice as fast.

    python quantize.py --weights weights.pt --out int8.onnx --overview --drones DRONES --thermal THERMAL
    python quantize.py --weights weights.pt --out fast8.onnx --input 416x352 --drones DRONES --thermal THERMAL

The ranges of the numbers inside are read off pictures of training clips, weights get a scale a channel. A tensor of bytes has one scale for
all of its channels, and a drone in a haze is a matter of two or three steps of it; so first

- channels of one tensor are brought nearer to one range: one is made greater, and the kernels that read it smaller (`even`);
- what is left of the error in objectness and classes on average, every class counting alike, is taken off their biases (`settle`).

The last layers and the decoding of the rows stay in floats: a step there would be a step in the box.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime

from bytes_net import FAR, Layers, detector, read_layers
from clips import CLASSES, load_clips
from export import add_options, calibration, describe, input_size

EVENNESS, LEAST_SHARE = 0.5, 0.02
"""The power with which channels are brought together, and the share of the greatest one that counts at least."""
SURE, MOST_ERROR = 0.35, 1.5
"""Objectness of the cells that are compared with the network in floats, and the error that counts at most."""
PAD_LEVEL = 114

TIED = [
    (["stem"], ["stem", "overview"], ["to4.0"]),
    (["to4.0", "to4.1"], ["to4.0", "to4.1.widen"], ["to4.1.narrow", "to8.0", "side4"]),
    (["to8.0", "to8.1", "to8.2"], ["to8.0", "to8.1.widen", "to8.2.widen"], ["to8.1.narrow", "to8.2.narrow", "to16.0", "side8"]),
    (["to16.0", "to16.1", "to16.2"], ["to16.0", "to16.1.widen", "to16.2.widen"], ["to16.1.narrow", "to16.2.narrow", "to32.0", "side16"]),
    (["to32.0", "to32.1"], ["to32.0", "to32.1.widen"], ["to32.1.narrow", "side32"]),
    (["side32", "side16", "join16"], ["side32", "side16"], ["mix16", "branches.2.both"]),
    (["mix16", "side8", "near", "join8"], ["mix16", "side8", "side4"], ["mix8", "branches.1.both"]),
    (["mix8"], ["mix8"], ["branches.0.both"]),
    *(([f"{one}.narrow"], [f"{one}.narrow"], [f"{one}.widen"]) for one in ("to4.1", "to8.1", "to8.2", "to16.1", "to16.2", "to32.1")),
    *(([f"branches.{level}.both"], [f"branches.{level}.both"], [f"branches.{level}.out"]) for level in range(3)),
]
"""Tensors whose channels have one gain, the layers that make them, and those that read them."""


def quantize(
    layers: Layers, width: int, height: int, overview: bool, for_ranges: list[np.ndarray], for_errors: list[np.ndarray]
) -> onnx.ModelProto:
    seen = [letterbox(one, width, height) for one in for_ranges]
    model, names = detector(layers, height, width, overview)
    _, most = measure(model, names, seen)
    layers = even(layers, most)
    model, names = detector(layers, height, width, overview)
    least, most = measure(model, names, seen)
    ranges = {name: (float(least[name].min()), float(most[name].max())) for name in names}
    coded, _ = detector(layers, height, width, overview, ranges)
    shift = errors(model, coded, [letterbox(one, width, height) for one in for_errors])
    print("errors of objectness and classes, taken off:", shift.round(4).tolist())
    return detector(settle(layers, shift), height, width, overview, ranges)[0]


def measure(model: onnx.ModelProto, names: list[str], tensors: list[np.ndarray]):
    """Least and greatest number by tensor and channel."""
    watched = onnx.ModelProto()
    watched.CopyFrom(model)
    watched.graph.output.extend(onnx.helper.make_empty_tensor_value_info(name) for name in names)
    session = open_model(watched)
    least: dict[str, np.ndarray] = {}
    most: dict[str, np.ndarray] = {}
    for tensor in tensors:
        for name, found in zip(names, session.run(names, {"images": tensor})):
            low, high = found.min((0, 2, 3)), found.max((0, 2, 3))
            least[name] = np.minimum(least.get(name, low), low)
            most[name] = np.maximum(most.get(name, high), high)
    return least, most


def even(layers: Layers, most: dict[str, np.ndarray]) -> Layers:
    """The same network with the channels of each tensor nearer to one range; both looks share the kernels."""
    layers = dict(layers)
    for tensors, makers, readers in TIED:
        found = [most[name] for one in tensors for name in (one, FAR + one) if name in most]
        # The near look's first layer, before the far look's, has each channel twice.
        channels = len(layers[makers[-1]][1])
        top = np.max([half for one in found for half in one.reshape(-1, channels)], 0)
        gain = np.maximum(top / top.max(), LEAST_SHARE) ** -EVENNESS
        for one in makers:
            kernel, bias = layers[one]
            own = np.tile(gain, len(bias) // channels)
            layers[one] = kernel * own[:, None, None, None], bias * own
        for one in readers:
            kernel, bias = layers[one]
            layers[one] = kernel / (gain[:, None] if kernel.ndim == 2 else gain[None, :, None, None]), bias
    return layers


def errors(model: onnx.ModelProto, coded: onnx.ModelProto, tensors: list[np.ndarray]) -> np.ndarray:
    """By how much the logits of objectness and the logarithms of the classes are off in cells with an object, on average."""
    plain, bytes_ = open_model(model), open_model(coded)
    kinds: list[int] = []
    found: list[np.ndarray] = []
    for tensor in tensors:
        wanted, got = logits(plain, tensor), logits(bytes_, tensor)
        cells = np.nonzero(wanted[:, 0] > np.log(SURE / (1 - SURE)))[0]
        kinds.extend(wanted[cells, 1:].argmax(1))
        found.extend((got - wanted)[cells])
    every = np.clip(found, -MOST_ERROR, MOST_ERROR)
    shift = np.mean([every[np.array(kinds) == kind].mean(0) for kind in range(len(CLASSES))], 0)
    shift[1:] -= shift[1:].mean()
    return shift


def logits(session: onnxruntime.InferenceSession, tensor: np.ndarray) -> np.ndarray:
    rows = session.run(None, {"images": tensor})[0][0].astype(np.float64)
    score = np.clip(rows[:, 4:5], 1e-6, 1 - 1e-6)
    return np.concatenate([np.log(score / (1 - score)), np.log(np.clip(rows[:, 5:], 1e-4, 1))], 1)


def settle(layers: Layers, shift: np.ndarray) -> Layers:
    layers = dict(layers)
    for name in [one for one in layers if one.endswith(".out")]:
        matrix, bias = layers[name]
        layers[name] = matrix, bias - np.concatenate([np.zeros(4), shift])
    return layers


def choose(drones: Path, thermal: Path) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Pictures of training clips for the ranges and for the errors; some objects are smaller, and airplanes come twice."""
    plain = [*one_a_clip(drones, 0), *one_a_clip(thermal, 0, 4)]
    rng = np.random.default_rng(11)
    varied = [farther(picture, rng.choice([1, 1, 0.5])) for _, picture in one_a_clip(drones, 3, 2)]
    varied += [picture for _, picture in one_a_clip(thermal, 3, 10)]
    planes = [picture for kind, picture in one_a_clip(drones, 4) if kind == "airplane"]
    varied += [farther(picture, rng.choice([1, 0.5, 0.7])) for picture in planes]
    half = [picture for _, picture in plain[::2]]
    return half + varied[::2], half + varied


def one_a_clip(root: Path, seed: int, every: int = 1) -> list[tuple[str, np.ndarray]]:
    """Class of the clip and a BGR picture of each `every`-th training clip, the same ones every time."""
    rng = np.random.default_rng(seed)
    pictures = []
    for clip in load_clips(root, "train")[::every]:
        capture = cv2.VideoCapture(str(clip.path))
        capture.set(cv2.CAP_PROP_POS_FRAMES, int(rng.integers(int(capture.get(cv2.CAP_PROP_FRAME_COUNT)))))
        ok, picture = capture.read()
        if ok:
            pictures.append((clip.kind, picture))
    return pictures


def farther(picture: np.ndarray, zoom: float) -> np.ndarray:
    """The picture made smaller inside its frame, its rim drawn out."""
    if zoom == 1:
        return picture
    height, width = picture.shape[:2]
    small = cv2.resize(picture, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA)
    top, left = (height - small.shape[0]) // 2, (width - small.shape[1]) // 2
    bottom, right = height - small.shape[0] - top, width - small.shape[1] - left
    return cv2.copyMakeBorder(small, top, bottom, left, right, cv2.BORDER_REPLICATE)


def letterbox(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    """A BGR picture as the network takes it: [1, height, width, 3], RGB."""
    zoom = min(width / picture.shape[1], height / picture.shape[0])
    w, h = round(picture.shape[1] * zoom), round(picture.shape[0] * zoom)
    left, top = (width - w) // 2, (height - h) // 2
    canvas = np.full((height, width, 3), PAD_LEVEL, np.uint8)
    way = cv2.INTER_AREA if zoom < 1 else cv2.INTER_LINEAR
    canvas[top : top + h, left : left + w] = picture if zoom == 1 else cv2.resize(picture, (w, h), interpolation=way)
    return np.ascontiguousarray(canvas[None, ..., ::-1])


def open_model(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model.SerializeToString(), settings, providers=["CPUExecutionProvider"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser)
    parser.add_argument("--drones", type=Path, required=True, help="visible clips with labels.jsonl and scenes.json")
    parser.add_argument("--thermal", type=Path, required=True, help="thermal clips in the same form")
    options = parser.parse_args()
    width, height = input_size(options)
    layers = read_layers(options.weights, calibration(options))
    onnx.save(quantize(layers, width, height, options.overview, *choose(options.drones, options.thermal)), options.out)
    describe(options.out, height, width)
    print(f"{options.out}: {options.out.stat().st_size / 1e6:.2f} MB, input {width}x{height}")


if __name__ == "__main__":
    main()
