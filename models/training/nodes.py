"""ONNX nodes one after the other, in floats or with convolutions and sums in 8 bits.

In 8 bits a tensor is bytes, one scale for all of it, written as `QuantizeLinear` and `DequantizeLinear` round standard operators: what
runs the file makes integer kernels of them. Numbers that are only moved about stay bytes.
"""

from dataclasses import dataclass, field

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET, IR_VERSION = 17, 8
#: Seven bits: processors without VNNI add pairs of products in 16 bits, which then never overflow, and all give the same figures.
MOST_WEIGHT = 63

Ranges = dict[str, tuple[float, float]]


@dataclass(frozen=True)
class Value:
    """A tensor [1, channels, rows, columns]."""

    name: str
    channels: int
    rows: int
    columns: int


@dataclass
class Nodes:
    """The nodes so far. With `ranges`, the least and greatest number by tensor, those tensors are bytes."""

    ranges: Ranges | None = None
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: dict[str, TensorProto] = field(default_factory=dict)
    coded: dict[str, tuple[np.float32, int]] = field(default_factory=dict)
    """Scale and zero of tensors of bytes."""
    named: list[str] = field(default_factory=list)
    """Results of convolutions and sums."""
    made: set[str] = field(default_factory=set)

    def constant(self, name: str, value, kind=np.float32) -> str:
        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(np.array(value, kind), name)
        return name

    def add(self, operator: str, inputs: list[str], *outputs: str, **attributes) -> str:
        self.nodes.append(helper.make_node(operator, inputs, outputs, outputs[0], **attributes))
        return outputs[0]

    def move(self, operator: str, source: str, inputs: list[str], output: str, **attributes) -> str:
        """Moves the numbers of `source` about as they are."""
        if source in self.coded:
            self.coded[output] = self.coded[source]
        return self.add(operator, inputs, output, **attributes)

    def real(self, name: str) -> str:
        """The tensor in floats."""
        if name not in self.coded:
            return name
        return self.once("DequantizeLinear", [name, *self.scale(name)], f"{name}/real")

    def scale(self, name: str) -> list[str]:
        scale, zero = self.coded[name]
        return [self.constant(f"scale/{scale:.9g}", scale), self.constant(f"zero/{zero}", zero, np.uint8)]

    def once(self, operator: str, inputs: list[str], output: str, **attributes) -> str:
        if output in self.made:
            return output
        self.made.add(output)
        return self.add(operator, inputs, output, **attributes)

    def convolve(self, name: str, layer: str, x: Value, kernel, bias, stride=(1, 1), pads=(1, 1, 1, 1), relu=True) -> Value:
        """A convolution; `layer` names its kernel, which several may share."""
        outputs, _, high, wide = kernel.shape
        if self.ranges is None:
            parts = [self.constant(f"{layer}/kernel", kernel), self.constant(f"{layer}/bias", bias)]
        else:
            parts = self.coded_kernel(name, layer, x, kernel, bias)
        inputs = [self.real(x.name), *parts]
        self.add("Conv", inputs, f"{name}/raw", kernel_shape=[high, wide], strides=list(stride), pads=list(pads))
        self.finish(name, relu)
        rows = (x.rows + pads[0] + pads[2] - high) // stride[0] + 1
        columns = (x.columns + pads[1] + pads[3] - wide) // stride[1] + 1
        return Value(name, outputs, rows, columns)

    def coded_kernel(self, name: str, layer: str, x: Value, kernel, bias) -> list[str]:
        scale = np.maximum(np.abs(kernel).max((1, 2, 3)) / MOST_WEIGHT, 1e-9)
        whole = np.round(kernel / scale[:, None, None, None])
        none = np.zeros(len(scale))
        weights = [
            self.constant(f"{layer}/kernel", whole, np.int8),
            self.constant(f"{layer}/kernel/scale", scale),
            self.constant(f"{layer}/kernel/zero", none, np.int8),
        ]
        step = scale * self.coded[x.name][0]
        biases = [
            self.constant(f"{name}/bias", np.round(bias / step), np.int32),
            self.constant(f"{name}/bias/scale", step),
            self.constant(f"{name}/bias/zero", none, np.int32),
        ]
        return [
            self.once("DequantizeLinear", weights, f"{layer}/kernel/real", axis=0),
            self.once("DequantizeLinear", biases, f"{name}/bias/real", axis=0),
        ]

    def sum(self, name: str, a: Value, b: Value, relu: bool) -> Value:
        self.add("Add", [self.real(a.name), self.real(b.name)], f"{name}/raw")
        self.finish(name, relu)
        return Value(name, a.channels, a.rows, a.columns)

    def finish(self, name: str, relu: bool) -> None:
        self.named.append(name)
        if self.ranges is None:
            self.add("Relu" if relu else "Identity", [f"{name}/raw"], name)
            return
        # Of what a relu cuts off, the range has nothing: the bytes cut it off.
        low, high = self.ranges[name]
        low, high = min(low, 0.0), max(high, 1e-6)
        scale = np.float32((high - low) / 255)
        self.coded[name] = (scale, int(np.clip(round(-low / scale), 0, 255)))
        self.add("QuantizeLinear", [f"{name}/raw", *self.scale(name)], name)

    def reshape(self, source: str, output: str, shape: tuple[int, ...]) -> str:
        label = self.constant("shape/" + "x".join(map(str, shape)), shape, np.int64)
        return self.move("Reshape", source, [source, label], output)

    def channels_last(self, x: Value) -> str:
        return self.move("Transpose", x.name, [x.name], f"{x.name}/last", perm=[0, 2, 3, 1])

    def channels_first(self, source: str, output: str) -> str:
        return self.move("Transpose", source, [source], output, perm=[0, 3, 1, 2])

    def twice(self, x: Value) -> Value:
        """Twice the size, each number four times: copies of whole pixels are faster than `Resize` on bytes."""
        name, last = x.name, self.channels_last(x)
        wide = self.move("Concat", last, [last, last], f"{name}/wide", axis=3)
        lines = self.reshape(wide, f"{name}/lines", (1, x.rows, 1, 2 * x.columns * x.channels))
        both = self.move("Concat", lines, [lines, lines], f"{name}/both", axis=2)
        large = self.reshape(both, f"{name}/large", (1, 2 * x.rows, 2 * x.columns, x.channels))
        return Value(self.channels_first(large, f"{name}/twice"), x.channels, 2 * x.rows, 2 * x.columns)

    def spread(self, x: Value) -> Value:
        """The two halves of the channels, as two columns beside each other."""
        shape = (1, x.rows, 2 * x.columns, x.channels // 2)
        wide = self.reshape(self.channels_last(x), f"{x.name}/wide", shape)
        return Value(self.channels_first(wide, f"{x.name}/spread"), shape[3], shape[1], shape[2])

    def model(self, picture: list[int], output: list[int]) -> onnx.ModelProto:
        inputs = [helper.make_tensor_value_info("images", TensorProto.UINT8, picture)]
        outputs = [helper.make_tensor_value_info("output", TensorProto.FLOAT, output)]
        graph = helper.make_graph(self.nodes, "detector", inputs, outputs, list(self.constants.values()))
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="windhover")
        made.ir_version = IR_VERSION
        onnx.checker.check_model(made, full_check=True)
        return made
