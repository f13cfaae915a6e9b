"""The clips of the data set and their labels.

Boxes are pixels of the clip, `x, y` = top-left corner (`labels.jsonl`). The labels are loose: the visible extent of the
object plus a constant margin, whatever its size. Everything here that is called `tight` is without that margin.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

CLASSES = ("drone", "bird", "airplane", "helicopter")
#: Size at which the network sees a picture; every clip is brought to it.
WIDTH, HEIGHT = 640, 512
#: What the labels add to the visible width and height of an object, in pixels of a 640 wide picture.
MARGIN_W, MARGIN_H = 19.2, 17.0


@dataclass(frozen=True)
class Clip:
    name: str
    kind: str
    """Class of the object that the clip is about."""
    path: Path
    split: str
    scene: str
    boxes: dict[int, list[tuple[int, float, float, float, float]]]
    """By frame index: class index, x, y, w, h."""


def load_clips(root: Path, split: str) -> list[Clip]:
    """All clips of one split, in the order of `labels.jsonl`."""
    scenes = _scene_of_clip(root)
    clips = []
    for line in (root / "labels.jsonl").read_text().splitlines():
        row = json.loads(line)
        if row["split"] != split:
            continue
        boxes: dict[int, list[tuple[int, float, float, float, float]]] = {}
        for frame, x, y, w, h in row["boxes"]:
            boxes.setdefault(int(frame), []).append((CLASSES.index(row["class"]), x, y, w, h))
        for name, frame, x, y, w, h in row.get("otherBoxes", []):
            if name.lower() in CLASSES:
                boxes.setdefault(int(frame), []).append((CLASSES.index(name.lower()), x, y, w, h))
        video = row["video"]
        scene = scenes.get(video, video)
        clips.append(Clip(video, row["class"], root / "clips" / f"{video}.mp4", split, scene, boxes))
    return clips


def read_frames(path: Path, step: int, first: int = 0):
    """Yields (index, BGR picture) of every `step`-th frame."""
    capture = cv2.VideoCapture(str(path))
    index = 0
    while capture.grab():
        if index % step == first % step:
            ok, picture = capture.retrieve()
            if not ok:
                break
            yield index, picture
        index += 1
    capture.release()


def tighten(boxes: np.ndarray) -> np.ndarray:
    """Takes the margin off corner boxes [n, 4] in pixels of a 640 wide picture; small ones keep 30 % of their side."""
    width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    w = np.maximum.reduce([width - MARGIN_W, 0.3 * width, np.full_like(width, 1.5)])
    h = np.maximum.reduce([height - MARGIN_H, 0.3 * height, np.full_like(height, 1.5)])
    x, y = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
    return np.stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2], 1)


def loosen(boxes: np.ndarray) -> np.ndarray:
    """Adds the margin to tight corner boxes [n, 4]: what the network learns to draw."""
    return boxes + np.array([-MARGIN_W, -MARGIN_H, MARGIN_W, MARGIN_H], np.float32) / 2


def _scene_of_clip(root: Path) -> dict[str, str]:
    file = root / "scenes.json"
    if not file.exists():
        return {}
    scenes = json.loads(file.read_text())["scenes"]
    return {clip: scene for scene, clips in scenes.items() for clip in clips}
