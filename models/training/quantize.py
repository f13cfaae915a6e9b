"""Brings the convolutions of an exported network to 8-bit integers, which CPUs run nearly twice as fast.

    python quantize.py ../default.onnx --out int8.onnx --drones DRONES --thermal THERMAL

Static quantization as ONNX Runtime defines it: ranges of the activations are read off pictures of training clips, weights get a
scale a channel. Weights have seven bits: processors without VNNI add pairs of products in 16 bits, which then never overflow, and every
machine gives the same figures. In floats stay the first layer (three channels are slow in integers), the last layer of each branch
and the decoding of the rows: there a step of the quantization would be a step in the box.
"""

import argparse
import tempfile
from pathlib import Path

import cv2
import numpy as np
import onnx
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from clips import load_clips

VISIBLE, THERMAL = 54, 18
"""Pictures to calibrate with, one a clip."""
SEED = 0
IN_FLOATS = ("/stem/", "/box", "/objectness", "/classes")


def quantize(path: Path, out: Path, drones: Path, thermal: Path) -> None:
    """Writes the network of one ONNX file in 8 bits into another; its metadata goes with it."""
    with tempfile.TemporaryDirectory() as folder:
        plain, done = Path(folder) / "plain.onnx", Path(folder) / "int8.onnx"
        quant_pre_process(str(path), str(plain))
        graph = onnx.load(plain).graph
        kept = [
            node.name
            for node in graph.node
            if (node.op_type == "Conv" and any(layer in node.name for layer in IN_FLOATS))
            or (node.op_type == "Add" and not any(layer in name for name in node.input for layer in LAYERS))
        ]
        height, width = (side.dim_value for side in graph.input[0].type.tensor_type.shape.dim[2:])
        rng = np.random.default_rng(SEED)
        pictures = [*pictures_of(drones, VISIBLE, rng), *pictures_of(thermal, THERMAL, rng)]
        quantize_static(
            str(plain),
            str(done),
            Samples(pictures, width, height, graph.input[0].name),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            reduce_range=True,
            weight_type=QuantType.QInt8,
            activation_type=QuantType.QUInt8,
            # Not Concat: the rows have coordinates of the picture beside probabilities.
            op_types_to_quantize=["Conv", "Relu", "Add"],
            nodes_to_exclude=kept,
            calibrate_method=CalibrationMethod.MinMax,
        )
        model = onnx.load(done)
        del model.metadata_props[:]
        model.metadata_props.extend(onnx.load(path).metadata_props)
        onnx.save(model, out)


LAYERS = ("Conv", "Relu", "Resize", "Add")
"""What gives the sums inside of the network; those of the rows come from elsewhere."""


def pictures_of(root: Path, count: int, rng: np.random.Generator) -> list[np.ndarray]:
    """A picture each of so many training clips, the same ones every time."""
    clips = load_clips(root, "train")
    pictures = []
    for index in rng.choice(len(clips), count, replace=False):
        capture = cv2.VideoCapture(str(clips[index].path))
        capture.set(cv2.CAP_PROP_POS_FRAMES, int(rng.integers(int(capture.get(cv2.CAP_PROP_FRAME_COUNT)))))
        ok, picture = capture.read()
        if ok:
            pictures.append(picture)
    return pictures


class Samples(CalibrationDataReader):
    """Pictures as the network takes them, one after the other."""

    def __init__(self, pictures: list[np.ndarray], width: int, height: int, name: str):
        self.tensors = iter([{name: tensor(picture, width, height)} for picture in pictures])

    def get_next(self):
        return next(self.tensors, None)


def tensor(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    """A BGR picture as the network takes it: [1, 3, height, width], RGB from 0 to 1."""
    picture = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)[..., ::-1]
    return np.ascontiguousarray(picture.transpose(2, 0, 1)[None], np.float32) / 255


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--drones", type=Path, required=True, help="visible clips with labels.jsonl and scenes.json")
    parser.add_argument("--thermal", type=Path, required=True, help="thermal clips in the same form")
    options = parser.parse_args()
    quantize(options.model, options.out, options.drones, options.thermal)


if __name__ == "__main__":
    main()
