"""Step 2: trains the network on what `prepare.py` wrote.

    python train.py --work WORK --minutes 60 --out WORK/first.pt [--without SCENE …]
    python train.py --work WORK --minutes 150 --out WORK/default.pt --start WORK/first.pt --rate 8e-4

The learning rate follows the clock, so the time given is the time used. Runs on a GPU when there is one.
"""

import argparse
import copy
import math
import time
from pathlib import Path

import torch

import export
import loss
from dataset import Batches
from model import Detector, cells, read, read_weights, shaped_as

WEIGHT_DECAY = 0.03
WARM_UP_STEPS = 200
#: What imitating a teacher counts, beside the labels.
TEACHER_GAIN = 1.0
LOG_EVERY, SAVE_EVERY = 100, 500


def main() -> None:
    options = parse()
    torch.manual_seed(options.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    net = start_from(options.start) if options.start else Detector()
    net = net.to(device, memory_format=torch.channels_last)
    teacher = export.load(options.teacher).to(device, memory_format=torch.channels_last) if options.teacher else None
    average = copy.deepcopy(net)
    run = torch.compile(net) if options.compile else net
    half = device.type == "cuda" or has_bfloat16()
    centres, strides = (one.to(device) for one in cells(options.size, options.size))
    batches = torch.utils.data.DataLoader(
        Batches(options.work, options.seed, options.size, options.batch, set(options.without)),
        batch_size=None,
        num_workers=options.workers,
        prefetch_factor=6,
    )
    optimizer = make_optimizer(net, options.rate)
    log = Log(options.batch)
    stop_s = time.monotonic() + options.minutes * 60
    for step, (pictures, targets) in enumerate(batches, 1):
        done = 1 - (stop_s - time.monotonic()) / (options.minutes * 60)
        if done >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = options.rate * min(1, step / WARM_UP_STEPS) * (0.49 * (1 + math.cos(math.pi * done)) + 0.02)
        x = (pictures.to(device).permute(0, 3, 1, 2).float() / 255).contiguous(memory_format=torch.channels_last)
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=half):
            outputs = run(x)
        rows = read(outputs, centres, strides)
        cost, parts = loss.total(*rows, targets.to(device), centres, strides)
        if teacher:
            with torch.no_grad(), torch.autocast(device.type, dtype=torch.bfloat16, enabled=half):
                shown = teacher(x)
            cost = cost + TEACHER_GAIN * loss.imitation(rows, read(shown, centres, strides))
        optimizer.zero_grad(set_to_none=True)
        cost.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 10.0)
        optimizer.step()
        follow(average, net, step)
        log.add(step, done, parts)
        if step % SAVE_EVERY == 0:
            save(average, options.out)
    save(average, options.out)
    print(f"{step} steps, {step * options.batch} pictures", flush=True)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--start", type=Path, help="weights to go on from")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--size", type=int, default=256, help="side of a training picture in pixels")
    parser.add_argument("--rate", type=float, default=2e-3, help="highest learning rate")
    parser.add_argument("--teacher", type=Path, help="weights of a network, perhaps a larger one, to imitate beside the labels")
    parser.add_argument("--workers", type=int, default=1, help="processes that make pictures")
    parser.add_argument("--compile", action="store_true", help="compile the network first (needs a C++ compiler)")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--without", nargs="*", default=[], help="scenes left out, to test on")
    return parser.parse_args()


def make_optimizer(net: Detector, rate: float) -> torch.optim.Optimizer:
    kernels = [one for one in net.parameters() if one.ndim > 1]
    others = [one for one in net.parameters() if one.ndim <= 1]
    groups = [{"params": kernels, "weight_decay": WEIGHT_DECAY}, {"params": others, "weight_decay": 0}]
    return torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.99))


def start_from(path: Path) -> Detector:
    """A network of the shape of these weights; layers that they do not know start so that they change nothing at first."""
    weights = read_weights(path)
    net = shaped_as(weights)
    missing, unknown = net.load_state_dict(weights, strict=False)
    if unknown:
        raise SystemExit(f"{path} has weights that this network has no place for: {', '.join(unknown)}")
    print(f"going on from {path}" + (f", new: {', '.join(missing)}" if missing else ""), flush=True)
    return net


def has_bfloat16() -> bool:
    """Processors without it compute it many times slower than floats."""
    return "avx512_bf16" in Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else False


@torch.no_grad()
def follow(average: Detector, net: Detector, step: int) -> None:
    """Moves the running average of the weights, which is what gets shipped."""
    keep = min(0.9985, (1 + step) / (20 + step))
    for mean, now in zip(average.state_dict().values(), net.state_dict().values()):
        if mean.dtype.is_floating_point:
            mean.mul_(keep).add_(now, alpha=1 - keep)
        else:
            mean.copy_(now)


def save(net: Detector, path: Path) -> None:
    torch.save({"weights": net.state_dict()}, path)


class Log:
    """One line every hundred steps."""

    def __init__(self, batch: int):
        self.batch = batch
        self.sums = [0.0, 0.0, 0.0]
        self.since = time.monotonic()

    def add(self, step: int, done: float, parts) -> None:
        self.sums = [total + float(one.detach()) for total, one in zip(self.sums, parts)]
        if step % LOG_EVERY:
            return
        rate = LOG_EVERY * self.batch / (time.monotonic() - self.since)
        objectness, box, kind = (one / LOG_EVERY for one in self.sums)
        print(f"{step} {done:.3f} object {objectness:.3f} box {box:.3f} class {kind:.3f} pictures/s {rate:.0f}", flush=True)
        self.sums, self.since = [0.0, 0.0, 0.0], time.monotonic()


if __name__ == "__main__":
    main()
