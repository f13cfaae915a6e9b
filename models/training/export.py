"""Step 3: writes the trained network as an ONNX file that `detect` reads.

    python export.py --weights weights.pt --out ../default.onnx --overview
    python export.py --weights weights.pt --out ../fast.onnx --input 416x352 [--calibrate A,B,C]

For 8-bit convolutions: quantize.py.

The output is one row a cell, [1, cells, 5 + classes]: box centre and size in pixels of the picture, objectness, and the
probability of each class given that there is an object. How the rows are meant is in the file's metadata.
"""

import argparse
import copy
import datetime
import hashlib
from pathlib import Path

import onnx
import torch
import torch.nn.functional as F
from onnx import helper
from torch import Tensor, nn

from clips import CLASSES, MARGIN_H, MARGIN_W
from model import INPUT_GAIN, STRIDES, Detector, cells, read, read_weights, shaped_as

VERSION = "5"
OPSET = 17
HERE = Path(__file__).parent
#: How many times smaller the overview is; sides of the input are multiples of 32 times this.
SMALLER = 4
#: Longer side of a box from which on the overview counts, and so many pixels beyond that the first look still does.
LARGE_PX, BOTH_PX = 140.0, 40.0
DATA = (
    "Drone Detection Dataset, Svanström, Englund, Alonso-Fernandez, doi 10.5281/zenodo.5500576 (visible and thermal); "
    "pictures of Windhover's scene renderer"
)


class Exported(nn.Module):
    """
    The network with its rows decoded; its objectness put on the scale that the runtime's thresholds are made for. With an
    `overview` it looks twice: at the picture, and for large objects at the picture in a quarter of its size.
    """

    def __init__(
        self, net: Detector, height: int, width: int, calibration: tuple[float, float, float], overview: bool
    ):
        super().__init__()
        self.net = lighten(net)
        self.overview = overview
        centres, strides = cells(height, width)
        self.register_buffer("centres", centres)
        self.register_buffer("strides", strides)
        centres, strides = cells(height // SMALLER, width // SMALLER, STRIDES[1:])
        self.register_buffer("overview_centres", centres)
        self.register_buffer("overview_strides", strides)
        self.register_buffer("margin", torch.tensor([MARGIN_W, MARGIN_H]))
        self.slope, self.offset, self.sharpness = calibration

    def forward(self, pictures: Tensor) -> Tensor:
        x = pictures - 0.5
        boxes, scores, classes = self.rows(self.net.predict(x), self.centres, self.strides)
        if not self.overview:
            return torch.cat([boxes, scores, classes], -1)
        outputs = self.net.predict(F.avg_pool2d(x, SMALLER), fine=False)
        small, again, kinds = self.rows(outputs, self.overview_centres, self.overview_strides)
        # The margin is as wide in a smaller picture.
        sizes = (small[..., 2:] - self.margin) * SMALLER + self.margin
        large = torch.cat([small[..., :2] * SMALLER, sizes], -1)
        kept = scores * (longest(boxes) < LARGE_PX + BOTH_PX)
        added = again * (longest(large) > LARGE_PX)
        return torch.cat([torch.cat([boxes, kept, classes], -1), torch.cat([large, added, kinds], -1)], 1)

    def rows(self, outputs: list[Tensor], centres: Tensor, strides: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        boxes, objectness, classes = read(outputs, centres, strides)
        score = torch.sigmoid(objectness * self.slope + self.offset)
        return boxes, score[..., None], torch.softmax(classes * self.sharpness, -1)


def longest(boxes: Tensor) -> Tensor:
    return torch.maximum(boxes[..., 2:3], boxes[..., 3:4])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser)
    options = parser.parse_args()
    width, height = input_size(options)
    exported = Exported(load(options.weights), height, width, calibration(options), options.overview)
    export(exported.eval(), height, width, options.out)
    describe(options.out, height, width)
    print(f"{options.out}: {options.out.stat().st_size / 1e6:.2f} MB, input {width}x{height}")


def add_options(parser: argparse.ArgumentParser) -> None:
    """What quantize.py asks for as well."""
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--overview", action="store_true", help="a second look, in a quarter of the size, for large objects")
    parser.add_argument("--input", default="640x512", help="width x height, multiples of 32, with --overview of 128")
    parser.add_argument(
        "--calibrate",
        default="1.7,-1.2,2",
        help="slope and offset of the objectness logit, and what class logits are multiplied by",
    )


def input_size(options: argparse.Namespace) -> tuple[int, int]:
    """Width and height."""
    width, height = (int(side) for side in options.input.split("x"))
    multiple = max(STRIDES) * (SMALLER if options.overview else 1)
    if width % multiple or height % multiple:
        raise SystemExit(f"--input {options.input}: both sides must be multiples of {multiple}")
    return width, height


def calibration(options: argparse.Namespace) -> tuple[float, float, float]:
    slope, offset, sharpness = (float(one) for one in options.calibrate.split(","))
    return slope, offset, sharpness


def load(weights: Path) -> Detector:
    """The network in the shape that its weights have."""
    state = read_weights(weights)
    net = shaped_as(state)
    net.load_state_dict(state)
    return net.eval()


@torch.no_grad()
def lighten(net: Detector) -> Detector:
    """The same function with fewer steps: the input's gain in the first kernel, box and objectness from one kernel."""
    net = copy.deepcopy(net)
    net.stem[0].weight *= INPUT_GAIN
    for branch in net.branches:
        both = nn.Conv2d(branch.box.in_channels, 5, 1)
        both.weight.copy_(torch.cat([branch.box.weight, branch.objectness.weight]))
        both.bias.copy_(torch.cat([branch.box.bias, branch.objectness.bias]))
        branch.box, branch.objectness = both, NoChannels()
    return net


class NoChannels(nn.Module):
    """Nothing to concatenate."""

    def forward(self, x: Tensor) -> Tensor:
        return x[:, :0]


def export(net: nn.Module, height: int, width: int, path: Path) -> None:
    picture = torch.zeros(1, 3, height, width)
    torch.onnx.export(
        net, (picture,), str(path), input_names=["images"], output_names=["output"], opset_version=OPSET, dynamo=False
    )


def describe(path: Path, height: int, width: int) -> None:
    """Adds the metadata, and checks the file."""
    model = onnx.load(path)
    helper.set_model_props(
        model,
        {
            "names": str(dict(enumerate(CLASSES))),
            "stride": str(max(STRIDES)),
            "imgsz": f"[{height}, {width}]",
            "family": "yolo",
            "task": "detect",
            "confidence": "objectness",
            "unknown_label": "flying",
            "box_margin": f"{MARGIN_W / 2},{MARGIN_H / 2}",
            "version": VERSION,
            "license": "MIT",
            "author": "Windhover",
            "description": "Small flying objects against sky and skyline",
            "training_data": DATA,
            "date": datetime.date.today().isoformat(),
            "recipe_sha256": recipe_sha(),
        },
    )
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


def recipe_sha() -> str:
    """One hash over the files that make the weights."""
    digest = hashlib.sha256()
    for file in sorted([*HERE.glob("*.py"), HERE / "render.ts", HERE / "requirements.txt"]):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    main()
