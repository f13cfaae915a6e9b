"""The network: a small anchor-free detector on three scales, with one output row a cell.

Backbone of plain 3×3 convolutions with residual blocks, a top-down feature pyramid whose finest level also sees the stage
before it (objects of two or three pixels), and two branches a scale: where (box and objectness) and what (class). Plain convolutions because they are what CPUs run best. In the line of FCOS (Tian et al.
2019) and YOLOX (Ge et al. 2021); the class is conditional on there being an object, so an object whose class is in doubt
keeps its objectness.
"""

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

STRIDES = (8, 16, 32)
#: Objectness that the untrained network gives.
PRIOR_LOGIT = -4.6
#: Grey levels from -0.5 to 0.5 are spread by this much.
INPUT_GAIN = 4.0


def conv(inputs: int, outputs: int, kernel: int = 3, stride: int = 1, relu: bool = True) -> nn.Sequential:
    layers = [
        nn.Conv2d(inputs, outputs, kernel, stride, (kernel - 1) // 2, bias=False),
        nn.BatchNorm2d(outputs, momentum=0.03, eps=1e-3),
    ]
    return nn.Sequential(*layers, nn.ReLU(inplace=True)) if relu else nn.Sequential(*layers)


class Residual(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.narrow = conv(channels, channels // 2)
        self.widen = conv(channels // 2, channels, relu=False)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.widen(self.narrow(x)))


class Branches(nn.Module):
    """Predictions of one scale, [batch, 4 + 1 + classes, rows, columns]; `where` and `what`: channels of the two branches."""

    def __init__(self, channels: int, classes: int, where: int, what: int):
        super().__init__()
        self.where = conv(channels, where)
        self.what = conv(channels, what)
        self.box = nn.Conv2d(where, 4, 1)
        self.objectness = nn.Conv2d(where, 1, 1)
        self.classes = nn.Conv2d(what, classes, 1)
        for layer in (self.box, self.objectness, self.classes):
            nn.init.normal_(layer.weight, std=0.01)
            nn.init.zeros_(layer.bias)
        nn.init.constant_(self.objectness.bias, PRIOR_LOGIT)

    def forward(self, x: Tensor) -> Tensor:
        where = self.where(x)
        return torch.cat([self.box(where), self.objectness(where), self.classes(self.what(x))], 1)


class Detector(nn.Module):
    def __init__(self, classes: int = 4, channels=(16, 32, 48, 80, 96), pyramid: int = 48, blocks=(1, 2, 2, 1), branch=(40, 24)):
        super().__init__()
        stages = [
            nn.Sequential(conv(a, b, stride=2), *[Residual(b) for _ in range(n)])
            for a, b, n in zip(channels, channels[1:], blocks)
        ]
        self.stem = conv(3, channels[0], stride=2)
        self.to4, self.to8, self.to16, self.to32 = stages
        self.side8, self.side16, self.side32 = (conv(one, pyramid, 1) for one in channels[2:])
        self.side4 = conv(channels[1], pyramid, 2, stride=2, relu=False)
        # A network that was trained without it starts as it was.
        nn.init.zeros_(self.side4[1].weight)
        self.mix16, self.mix8 = conv(pyramid, pyramid), conv(pyramid, pyramid)
        self.branches = nn.ModuleList([Branches(pyramid, classes, *branch) for _ in STRIDES])

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """Pictures [batch, 3, H, W], RGB from 0 to 1; sides are multiples of 32."""
        return self.predict((pictures - 0.5) * INPUT_GAIN)

    def predict(self, x: Tensor, fine: bool = True) -> list[Tensor]:
        """Outputs of each scale, finest first; not `fine`: without the finest, for large objects only."""
        at4 = self.to4(self.stem(x))
        at8 = self.to8(at4)
        at16 = self.to16(at8)
        top = self.side32(self.to32(at16))
        middle = self.mix16(self.side16(at16) + F.interpolate(top, scale_factor=2.0, mode="nearest"))
        if not fine:
            return [branch(x) for branch, x in zip(self.branches[1:], (middle, top))]
        near = self.side8(at8) + self.side4(at4)
        low = self.mix8(near + F.interpolate(middle, scale_factor=2.0, mode="nearest"))
        return [branch(x) for branch, x in zip(self.branches, (low, middle, top))]


def read_weights(path: Path) -> dict[str, Tensor]:
    """Weights of a file, as 32-bit floats whatever they are stored as."""
    state = torch.load(path, map_location="cpu", weights_only=True)["weights"]
    return {name: one.float() if one.dtype.is_floating_point else one for name, one in state.items()}


def shaped_as(state: dict[str, Tensor]) -> Detector:
    """A network with as many channels as these weights have."""

    def width(layer: str) -> int:
        return state[f"{layer}.0.weight"].shape[0]

    channels = [width("stem"), *(width(f"{stage}.0") for stage in ("to4", "to8", "to16", "to32"))]
    branch = width("branches.0.where"), width("branches.0.what")
    return Detector(channels=channels, pyramid=width("side8"), branch=branch)


def cells(height: int, width: int, strides_px: tuple[int, ...] = STRIDES) -> tuple[Tensor, Tensor]:
    """Centres [cells, 2] in pixels and strides [cells, 1] of all cells, finest scale first, row by row."""
    centres, strides = [], []
    for stride in strides_px:
        y, x = torch.meshgrid(torch.arange(height // stride), torch.arange(width // stride), indexing="ij")
        own = (torch.stack([x, y], -1).reshape(-1, 2).float() + 0.5) * stride
        centres.append(own)
        strides.append(torch.full((len(own), 1), float(stride)))
    return torch.cat(centres), torch.cat(strides)


def read(outputs: list[Tensor], centres: Tensor, strides: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Centre boxes [batch, cells, 4] in pixels (x, y, w, h), objectness logits [batch, cells], class logits."""
    rows = torch.cat([one.flatten(2) for one in outputs], 2).permute(0, 2, 1).float()
    middle = centres + rows[..., 0:2] * strides
    size = torch.exp(rows[..., 2:4].clamp(-5, 6)) * strides * 2
    return torch.cat([middle, size], -1), rows[..., 4], rows[..., 5:]
