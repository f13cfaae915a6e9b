"""Step 1: clips and rendered scenes to arrays of pictures with tight boxes.

    python prepare.py --work WORK --drones ../../../shared/data/drones --thermal ../../../shared/data/drones-ir

Writes WORK/<name>.npy, pictures [n, 512, 640, 3] of bytes (BGR), or [n, 512, 640] for thermal ones, and
WORK/<name>.json, for each picture its clip, scene and tight boxes.
"""

import argparse
import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np

from clips import HEIGHT, WIDTH, Clip, load_clips, read_frames, tighten

HERE = Path(__file__).parent


def main() -> None:
    options = parse()
    options.work.mkdir(parents=True, exist_ok=True)
    visible = load_clips(options.drones, "train")
    dump(options.work / "visible", visible, options.step, grey=False)
    dump(options.work / "visible-val", load_clips(options.drones, "val"), 15, grey=False)
    if options.thermal:
        dump(options.work / "thermal", load_clips(options.thermal, "train"), options.thermal_step, grey=True)
        dump(options.work / "thermal-val", load_clips(options.thermal, "val"), 30, grey=True)
    render(options.work, options.rendered, options.bun.split())


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="folder for the arrays, about 8 GB")
    parser.add_argument("--drones", type=Path, required=True, help="visible clips with labels.jsonl and scenes.json")
    parser.add_argument("--thermal", type=Path, help="thermal clips in the same form")
    parser.add_argument("--step", type=int, default=10, help="take every n-th visible frame")
    parser.add_argument("--thermal-step", type=int, default=16, help="take every n-th thermal frame")
    parser.add_argument("--rendered", type=int, default=1600, help="pictures to render")
    parser.add_argument("--bun", default="bun", help="how to call Bun")
    return parser.parse_args()


def dump(target: Path, clips: list[Clip], step: int, grey: bool) -> None:
    """Decodes the clips, two at a time, and writes one array with its index."""
    cv2.setNumThreads(1)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        parts = list(pool.map(lambda clip: pictures_of(clip, step, grey), clips))
    pictures = np.concatenate([part for part, _ in parts])
    rows = [row for _, part in parts for row in part]
    np.save(target.with_suffix(".npy"), pictures)
    target.with_suffix(".json").write_text(json.dumps(rows))
    print(f"{target.name}: {len(rows)} pictures of {len(clips)} clips", flush=True)


def pictures_of(clip: Clip, step: int, grey: bool) -> tuple[np.ndarray, list[dict]]:
    pictures, rows = [], []
    for index, picture in read_frames(clip.path, step, step // 2):
        scale_x, scale_y = WIDTH / picture.shape[1], HEIGHT / picture.shape[0]
        if grey:
            picture = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
        if (scale_x, scale_y) != (1, 1):
            picture = cv2.resize(picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)
        boxes = clip.boxes.get(index, [])
        corners = np.array([[x, y, x + w, y + h] for _, x, y, w, h in boxes], np.float32).reshape(-1, 4)
        corners *= np.array([scale_x, scale_y, scale_x, scale_y], np.float32)
        pictures.append(picture)
        rows.append(
            {
                "clip": clip.name,
                "kind": clip.kind,
                "scene": clip.scene,
                "frame": index,
                "classes": [kind for kind, *_ in boxes],
                "tight": tighten(corners).tolist(),
                "label": corners.tolist(),
            }
        )
    return np.stack(pictures), rows


def render(work: Path, count: int, bun: list[str]) -> None:
    """Pictures of the project's own renderer: its aircraft, and skies and skylines without any."""
    raw = work / "rendered.i420"
    subprocess.run([*bun, str(HERE / "render.ts"), str(raw), str(count)], check=True)
    rows = json.loads(raw.with_suffix(".json").read_text())
    planes = np.memmap(raw, np.uint8, "r").reshape(count, HEIGHT * 3 // 2, WIDTH)
    pictures = np.stack([cv2.cvtColor(np.asarray(one), cv2.COLOR_YUV2BGR_I420) for one in planes])
    np.save(work / "rendered.npy", pictures)
    (work / "rendered.json").write_text(json.dumps(rows))
    raw.unlink()
    print(f"rendered: {count} pictures", flush=True)


if __name__ == "__main__":
    main()
