"""Time of models on one thread, in turns, each as a share of the first one's.

    python speed.py yolox_nano.onnx ../default.onnx ../fast.onnx [--without-vnni]

`--without-vnni`: as on a processor with AVX2 alone, on a machine that has more (see `plain_cpu.c`; needs a C compiler, Linux and a
processor that can refuse CPUID, such as Intel's). What is printed is the least CPU time of many runs.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from quantize import open_model

HIDES = "WINDHOVER_PLAIN_CPU"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", type=Path)
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--without-vnni", action="store_true")
    options = parser.parse_args()
    if options.without_vnni and HIDES not in os.environ:
        raise SystemExit(again_on_plain_cpu())
    sessions = [open_model(onnx.load(path)) for path in options.models]
    inputs = [noise_for(session) for session in sessions]
    least_s = [float("inf")] * len(sessions)
    for _ in range(options.runs):
        for k, session in enumerate(sessions):
            start = time.process_time()
            session.run(None, inputs[k])
            least_s[k] = min(least_s[k], time.process_time() - start)
    for path, one in zip(options.models, least_s):
        print(f"{path.name:24} {one * 1000:6.1f} ms  {one / least_s[0]:.2f}")


def again_on_plain_cpu() -> int:
    """Runs this program once more, with what hides the processor's features."""
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "plain_cpu.so"
        source = Path(__file__).with_name("plain_cpu.c")
        subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", str(library), str(source)], check=True)
        return subprocess.run([sys.executable, *sys.argv], env={**os.environ, "LD_PRELOAD": str(library), HIDES: "1"}).returncode


def noise_for(session: onnxruntime.InferenceSession) -> dict[str, np.ndarray]:
    """A picture of random numbers, in the form that the model takes."""
    picture = session.get_inputs()[0]
    rng = np.random.default_rng(1)
    if picture.type == "tensor(uint8)":
        return {picture.name: rng.integers(0, 256, picture.shape).astype(np.uint8)}
    return {picture.name: rng.random(picture.shape).astype(np.float32)}


if __name__ == "__main__":
    main()
