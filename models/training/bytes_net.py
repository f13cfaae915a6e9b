"""The network of model.py and export.py once more, in the form that runs fastest on bytes.

It is the same function, other than in rounding, of the bytes of a picture as it lies in memory. The first layer takes four
columns as one with twelve channels: three are slow in integers. The picture in a quarter of its size is never made: the second look's first
layer has kernels of 12×12. Normalizations are in the kernels, both branches are one convolution, and their last layers one product.
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto

from clips import CLASSES, MARGIN_H, MARGIN_W
from export import BOTH_PX, LARGE_PX, SMALLER
from model import INPUT_GAIN, STRIDES, read_weights
from nodes import Nodes, Ranges, Value

Layers = dict[str, tuple[np.ndarray, np.ndarray]]
"""Kernel and bias by name; of the last layers a matrix."""
VARIANCE_FLOOR = 1e-3
STAGES = "to4", "to8", "to16", "to32"
COLUMNS = 4
#: What stands for the middle grey, which the network takes for zero, as a byte.
GREY = 128
FAR = "far/"
"""Before the names of the second look."""
POINT = {"pads": (0, 0, 0, 0)}


def read_layers(weights: Path, calibration: tuple[float, float, float]) -> Layers:
    state = {name: one.double().numpy() for name, one in read_weights(weights).items()}
    layers: Layers = {}
    for name in state:
        layer, _, rest = name.rpartition(".0.")
        if rest == "weight" and f"{layer}.1.running_var" in state:
            gain = state[f"{layer}.1.weight"] / np.sqrt(state[f"{layer}.1.running_var"] + VARIANCE_FLOOR)
            shift = state[f"{layer}.1.bias"] - gain * state[f"{layer}.1.running_mean"]
            layers[layer] = (state[name] * gain[:, None, None, None], shift)
    for level in range(len(STRIDES)):
        branch = f"branches.{level}"
        where, what = layers.pop(f"{branch}.where"), layers.pop(f"{branch}.what")
        layers[f"{branch}.both"] = (np.concatenate([where[0], what[0]]), np.concatenate([where[1], what[1]]))
        layers[f"{branch}.out"] = last_layer(state, branch, (len(where[0]), len(what[0])), calibration)
    return layers | first_layers(*layers.pop("stem"))


def last_layer(state: dict[str, np.ndarray], branch: str, widths: tuple[int, int], calibration: tuple[float, float, float]):
    """Box, objectness and classes from the channels of both branches, objectness and classes on their scales."""
    slope, offset, sharpness = calibration
    matrix, bias = np.zeros((sum(widths), 5 + len(CLASSES))), np.zeros(5 + len(CLASSES))
    where, what = slice(0, widths[0]), slice(widths[0], None)
    parts = [("box", where, slice(0, 4), 1.0), ("objectness", where, slice(4, 5), slope), ("classes", what, slice(5, None), sharpness)]
    for part, channels, columns, gain in parts:
        matrix[channels, columns] = state[f"{branch}.{part}.weight"][:, :, 0, 0].T * gain
        bias[columns] = state[f"{branch}.{part}.bias"] * gain
    bias[4] += offset
    return matrix, bias


def first_layers(kernel: np.ndarray, bias: np.ndarray) -> Layers:
    """The first layer of both looks, for groups of columns; the near one gives two results side by side."""
    kernel = kernel * INPUT_GAIN
    # Half of white lies between two bytes.
    bias = bias + kernel.sum((1, 2, 3)) * (GREY - 127.5) / 255
    outputs = len(kernel)
    near = np.zeros((2, outputs, COLUMNS * 3, 3, 2))
    for tap in range(3):
        for side in range(2):
            group, column = divmod(COLUMNS + 2 * side + tap - 1, COLUMNS)
            near[side, :, column * 3 : column * 3 + 3, :, group] = kernel[..., tap]
    far = np.repeat(np.repeat(kernel, SMALLER, 2), SMALLER, 3) / SMALLER**2
    far = far.reshape(outputs, 3, 3 * SMALLER, 3 * SMALLER // COLUMNS, COLUMNS).transpose(0, 4, 1, 2, 3)
    far = far.reshape(outputs, COLUMNS * 3, 3 * SMALLER, 3 * SMALLER // COLUMNS)
    return {"stem": (near.reshape(2 * outputs, *near.shape[2:]), np.tile(bias, 2)), "overview": (far, bias)}


def detector(layers: Layers, height: int, width: int, overview: bool, ranges: Ranges | None = None) -> tuple[onnx.ModelProto, list[str]]:
    """The network, in 8 bits with `ranges`, and the names of what they are wanted for."""
    nodes = Nodes(ranges)
    groups = nodes.reshape("images", "groups", (1, height, width // COLUMNS, 3 * COLUMNS))
    picture = Value(nodes.channels_first(groups, "picture"), 3 * COLUMNS, height, width // COLUMNS)
    nodes.coded["picture"] = (np.float32(1 / 255), GREY)
    near = nodes.convolve("stem", "stem", picture, *layers["stem"], stride=(2, 1), pads=(1, 1, 0, 0))
    looks = [("", scales(nodes, layers, "", nodes.spread(near), True), 1)]
    if overview:
        far = nodes.convolve(f"{FAR}stem", "overview", picture, *layers["overview"], stride=(8, 2), pads=(4, 1, 0, 0))
        looks.append((FAR, scales(nodes, layers, FAR, far, False), SMALLER))
    rows, cells = [], []
    for look, found, times in looks:
        for level, x in found:
            rows.append(branch(nodes, layers, f"{look}branches.{level}", f"branches.{level}", x))
            cells.append((x.rows, x.columns, STRIDES[level] * times, times))
    count = decode(nodes, rows, cells, overview)
    return nodes.model([1, height, width, 3], [1, count, 5 + len(CLASSES)]), nodes.named


def scales(nodes: Nodes, layers: Layers, look: str, x: Value, fine: bool) -> list[tuple[int, Value]]:
    """What the branches see, by level."""

    def apply(layer: str, x: Value, **how) -> Value:
        return nodes.convolve(look + layer, layer, x, *layers[layer], **how)

    stages = {}
    for stage in STAGES:
        x = apply(f"{stage}.0", x, stride=(2, 2))
        for block in range(1, 1 + sum(one.startswith(stage) and one.endswith(".narrow") for one in layers)):
            inner = apply(f"{stage}.{block}.narrow", x)
            x = nodes.sum(f"{look}{stage}.{block}", x, apply(f"{stage}.{block}.widen", inner, relu=False), True)
        stages[stage] = x
    top = apply("side32", stages["to32"], **POINT)
    joined = nodes.sum(f"{look}join16", apply("side16", stages["to16"], **POINT), nodes.twice(top), True)
    middle = apply("mix16", joined)
    if not fine:
        return [(1, middle), (2, top)]
    side4 = apply("side4", stages["to4"], stride=(2, 2), relu=False, **POINT)
    near = nodes.sum("near", apply("side8", stages["to8"], **POINT), side4, False)
    return [(0, apply("mix8", nodes.sum("join8", near, nodes.twice(middle), False))), (1, middle), (2, top)]


def branch(nodes: Nodes, layers: Layers, name: str, layer: str, x: Value) -> str:
    """Rows of one scale, [cells, 5 + classes]."""
    both = nodes.convolve(f"{name}.both", f"{layer}.both", x, *layers[f"{layer}.both"])
    flat = nodes.reshape(nodes.channels_last(both), f"{name}/cells", (x.rows * x.columns, both.channels))
    matrix, bias = layers[f"{layer}.out"]
    parts = [nodes.constant(f"{layer}.out/matrix", matrix), nodes.constant(f"{layer}.out/bias", bias)]
    return nodes.add("Gemm", [nodes.real(flat), *parts], f"{name}/rows")


def decode(nodes: Nodes, rows: list[str], cells: list[tuple[int, int, int, int]], overview: bool) -> int:
    """All rows as the file gives them, as in export.py; `cells`: rows, columns, stride and how much smaller, by scale. How many."""
    centres, strides, shifts, signs, limits = [], [], [], [], []
    for high, wide, stride, times in cells:
        y, x = np.meshgrid(np.arange(high), np.arange(wide), indexing="ij")
        centres.append((np.stack([x, y], -1).reshape(-1, 2) + 0.5) * stride)
        strides.append(np.full((high * wide, 1), stride))
        shifts.append(np.tile([MARGIN_W * (1 - times), MARGIN_H * (1 - times)], (high * wide, 1)))
        # Longer than a limit of the second look is shorter than one below zero.
        signs.append(np.full((high * wide, 1), 1 if times == 1 else -1))
        limits.append(np.full((high * wide, 1), LARGE_PX + BOTH_PX if times == 1 else -LARGE_PX))
    stride = np.concatenate(strides)
    table = nodes.add("Concat", rows, "rows", axis=0)
    parts = nodes.constant("parts", [2, 2, 1, len(CLASSES)], np.int64)
    nodes.add("Split", [table, parts], "place", "size", "objectness", "kinds", axis=1)
    steps = nodes.add("Mul", ["place", nodes.constant("strides", stride)], "steps")
    middles = nodes.add("Add", [steps, nodes.constant("centres", np.concatenate(centres))], "middles")
    cut = nodes.add("Clip", ["size", nodes.constant("least", -5), nodes.constant("most", 6)], "cut")
    grown = nodes.add("Exp", [cut], "grown")
    sizes = nodes.add("Mul", [grown, nodes.constant("spans", stride * 2)], "sizes")
    scores = nodes.add("Sigmoid", ["objectness"], "scores")
    if overview:
        sizes = nodes.add("Add", [sizes, nodes.constant("shifts", np.concatenate(shifts))], "sizes/px")
        nodes.add("Split", [sizes, nodes.constant("sides", [1, 1], np.int64)], "wide", "high", axis=1)
        longest = nodes.add("Max", ["wide", "high"], "longest")
        signed = nodes.add("Mul", [longest, nodes.constant("signs", np.concatenate(signs))], "signed")
        counts = nodes.add("Less", [signed, nodes.constant("limits", np.concatenate(limits))], "counts")
        seen = nodes.add("Cast", [counts], "seen", to=TensorProto.FLOAT)
        scores = nodes.add("Mul", [scores, seen], "scores/seen")
    kinds = nodes.add("Softmax", ["kinds"], "classes", axis=1)
    whole = nodes.add("Concat", [middles, sizes, scores, kinds], "table", axis=1)
    nodes.reshape(whole, "output", (1, len(stride), 5 + len(CLASSES)))
    return len(stride)
