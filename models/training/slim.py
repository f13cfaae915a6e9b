"""Leaves out the channels of a trained network that say least, as a start for a smaller one.

    python slim.py --weights weights.pt --out WORK/slim.pt --channels 16 32 32 64 64 --pyramid 32 --branch 24 16
    python train.py --work WORK --out WORK/small.pt --start WORK/slim.pt --teacher weights.pt …

What a channel says: how strong the layers make it (the gains of their normalization), times how much those that read it make of it.
"""

import argparse
from pathlib import Path

import torch
from torch import Tensor

from model import STRIDES, Detector, read_weights

State = dict[str, Tensor]


def main() -> None:
    options = parse()
    net = Detector(channels=options.channels, pyramid=options.pyramid, branch=options.branch)
    torch.save({"weights": slimmed(read_weights(options.weights), net)}, options.out)
    print(f"{options.out}: {sum(one.numel() for one in net.parameters()) / 1e6:.2f} million weights")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--channels", type=int, nargs=5, required=True)
    parser.add_argument("--pyramid", type=int, required=True, help="channels of the feature pyramid")
    parser.add_argument("--branch", type=int, nargs=2, required=True, help="channels of the branches for where and what")
    return parser.parse_args()


def slimmed(state: State, net: Detector) -> State:
    """The weights, cut down to the shapes of the network."""
    wanted = net.state_dict()
    for makers, readers in groups(state):
        keep = strongest(state, makers, readers, wanted[f"{makers[0]}.0.weight"].shape[0])
        for layer in makers:
            for part in ("0.weight", "1.weight", "1.bias", "1.running_mean", "1.running_var"):
                state[f"{layer}.{part}"] = state[f"{layer}.{part}"][keep]
        for layer in readers:
            state[layer] = state[layer][:, keep]
    net.load_state_dict(state)
    return state


def groups(state: State) -> list[tuple[list[str], list[str]]]:
    """Layers that make the same channels, and the kernels that read them."""
    found: list[tuple[list[str], list[str]]] = [(["stem"], ["to4.0.0.weight"])]
    after = {"to4": ["to8.0", "side4"], "to8": ["to16.0", "side8"], "to16": ["to32.0", "side16"], "to32": ["side32"]}
    for stage, readers in after.items():
        blocks = [one.removesuffix(".narrow.0.weight") for one in state if one.startswith(stage) and one.endswith(".narrow.0.weight")]
        inner = [*readers, *(f"{block}.narrow" for block in blocks)]
        found.append(([f"{stage}.0", *(f"{block}.widen" for block in blocks)], [f"{one}.0.weight" for one in inner]))
        found += [([f"{block}.narrow"], [f"{block}.widen.0.weight"]) for block in blocks]

    def seen_by(*layers: str, level: int) -> list[str]:
        return [f"{one}.0.weight" for one in (*layers, f"branches.{level}.where", f"branches.{level}.what")]

    found.append((["side32", "side16"], seen_by("mix16", level=2)))
    found.append((["mix16", "side8", "side4"], seen_by("mix8", level=1)))
    found.append((["mix8"], seen_by(level=0)))
    for level in range(len(STRIDES)):
        branch = f"branches.{level}"
        found.append(([f"{branch}.where"], [f"{branch}.box.weight", f"{branch}.objectness.weight"]))
        found.append(([f"{branch}.what"], [f"{branch}.classes.weight"]))
    return found


def strongest(state: State, makers: list[str], readers: list[str], count: int) -> Tensor:
    """Places of the channels to keep, in their order."""
    made = sum(state[f"{layer}.1.weight"].abs() for layer in makers)
    read = sum(state[layer].pow(2).sum((0, 2, 3)) / state[layer].shape[0] for layer in readers).sqrt()
    return (made * read).argsort(descending=True)[:count].sort().values


if __name__ == "__main__":
    main()
