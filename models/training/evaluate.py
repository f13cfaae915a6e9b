"""Step 4: a quick look at an exported model on the prepared validation pictures, before `bun run bench detector`.

    python evaluate.py --work WORK --model ../default.onnx [--sets visible-val thermal-val] [--scale 1 2 3]

Per set: the best threshold for F1 over all objects, F1 at the runtime's default threshold, and how often an object that is
found gets the right class. Boxes are compared as the labels are drawn, with their margin. `--scale 2` shrinks the pictures
to a half inside the frame. The runtime also tracks objects, so its figures differ; those are the ones that count.
"""

import argparse
import json
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

from clips import CLASSES, HEIGHT, WIDTH, loosen, tighten

DEFAULT_THRESHOLD = 0.35
LEAST_SCORE = 0.02
NMS_IOU = 0.45
THRESHOLDS = np.arange(0.04, 0.96, 0.02)


def main() -> None:
    options = parse()
    session = open_model(options.model)
    for name in options.sets:
        pixels = np.load(options.work / f"{name}.npy", mmap_mode="r")
        rows = json.loads((options.work / f"{name}.json").read_text())
        for scale in options.scale:
            report(f"{name} 1/{scale}", *collect(session, pixels, rows, scale, options.every))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--sets", nargs="+", default=["visible-val", "thermal-val"])
    parser.add_argument("--scale", type=int, nargs="+", default=[1])
    parser.add_argument("--every", type=int, default=1, help="take every n-th picture")
    return parser.parse_args()


def open_model(path: Path) -> onnxruntime.InferenceSession:
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), settings, providers=["CPUExecutionProvider"])


def collect(session, pixels, rows, scale: int, every: int):
    """Detections (corners, score, class probabilities) and labels (corners, class) of each picture."""
    found, wanted = [], []
    for index in range(0, len(rows), every):
        picture = np.asarray(pixels[index])
        picture = cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR) if picture.ndim == 2 else picture
        tight = np.array(rows[index]["tight"], np.float32).reshape(-1, 4)
        labels = np.array(rows[index]["label"], np.float32).reshape(-1, 4)
        if scale > 1:
            picture, labels = shrink(picture, tight, scale)
        found.append(detect(session, picture))
        wanted.append((labels, np.array(rows[index]["classes"], int)))
    return found, wanted


def shrink(picture: np.ndarray, tight: np.ndarray, scale: int):
    """The picture at 1/scale in the middle of its frame, its rim drawn out; labels get their full margin again."""
    width, height = WIDTH // scale, HEIGHT // scale
    left, top = (WIDTH - width) // 2, (HEIGHT - height) // 2
    small = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    right, bottom = WIDTH - width - left, HEIGHT - height - top
    framed = cv2.copyMakeBorder(small, top, bottom, left, right, cv2.BORDER_REPLICATE)
    return framed, loosen(tight / scale + np.array([left, top, left, top], np.float32))


def detect(session, picture: np.ndarray):
    """Runs the model on one BGR picture of its size, or letterboxed to it, and removes double boxes."""
    takes = session.get_inputs()[0]
    of_bytes = "uint8" in takes.type
    height, width = takes.shape[1:3] if of_bytes else takes.shape[2:]
    zoom = min(width / WIDTH, height / HEIGHT)
    w, h = round(WIDTH * zoom), round(HEIGHT * zoom)
    left, top = (width - w) // 2, (height - h) // 2
    canvas = np.full((height, width, 3), 114, np.uint8)
    canvas[top : top + h, left : left + w] = picture if zoom == 1 else cv2.resize(picture, (w, h), interpolation=cv2.INTER_AREA if zoom < 1 else cv2.INTER_LINEAR)
    pixels = canvas[None, ..., ::-1]
    tensor = np.ascontiguousarray(pixels) if of_bytes else np.ascontiguousarray(pixels.transpose(0, 3, 1, 2), np.float32) / 255
    rows = session.run(None, {takes.name: tensor})[0][0]
    rows = rows[rows[:, 4] >= LEAST_SCORE]
    rows = rows[np.argsort(-rows[:, 4])]
    corners = np.concatenate([rows[:, :2] - rows[:, 2:4] / 2, rows[:, :2] + rows[:, 2:4] / 2], 1)
    kept = []
    while len(corners) > 0 and len(kept) < 100:
        # The margin is one of the model's input, the labels' is one of the picture.
        tight = (tighten(corners[:1]) - [left, top, left, top]) / zoom
        kept.append((loosen(tight)[0], rows[0, 4], rows[0, 5:]))
        apart = iou(corners[:1], corners)[0] <= NMS_IOU
        apart[0] = False
        corners, rows = corners[apart], rows[apart]
    return kept


def iou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    low, high = np.maximum(a[:, None, :2], b[None, :, :2]), np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(-1)
    area_a, area_b = (a[:, 2:] - a[:, :2]).prod(-1), (b[:, 2:] - b[:, :2]).prod(-1)
    return shared / (area_a[:, None] + area_b[None] - shared + 1e-9)


def report(title: str, found, wanted) -> None:
    for least in (0.5, 0.3):
        scores, right, classes = match(found, wanted, least)
        labels = sum(len(boxes) for boxes, _ in wanted)
        curve = [f1(scores, right, labels, one) for one in THRESHOLDS]
        best = int(np.argmax(curve))
        precision, recall = rates(scores, right, labels, DEFAULT_THRESHOLD)
        print(
            f"{title} IoU {least}: best F1 {curve[best]:.3f} at {THRESHOLDS[best]:.2f}; at {DEFAULT_THRESHOLD} "
            f"F1 {f1(scores, right, labels, DEFAULT_THRESHOLD):.3f} (precision {precision:.3f}, recall {recall:.3f})"
        )
    confusion = np.zeros((len(CLASSES), len(CLASSES)), int)
    for label, kind, score in classes:
        if score >= DEFAULT_THRESHOLD:
            confusion[label, kind] += 1
    for name, row in zip(CLASSES, confusion):
        print(f"    {name:10s} taken for {dict(zip(CLASSES, row.tolist()))}, right {row[CLASSES.index(name)] / max(1, row.sum()):.2f}")


def match(found, wanted, least: float):
    """Scores, whether each hits a label, and (label, class, score) of the hits; best score first, a label once."""
    scores, right, classes = [], [], []
    for detections, (boxes, kinds) in zip(found, wanted):
        free = np.ones(len(boxes), bool)
        for corners, score, probabilities in detections:
            overlap = iou(corners[None], boxes)[0] * free if len(boxes) else np.zeros(0)
            hit = len(boxes) > 0 and overlap.max() >= least
            if hit:
                label = int(overlap.argmax())
                free[label] = False
                classes.append((kinds[label], int(np.argmax(probabilities)), score))
            scores.append(score)
            right.append(hit)
    return np.array(scores), np.array(right, bool), classes


def rates(scores, right, labels: int, threshold: float) -> tuple[float, float]:
    taken = scores >= threshold
    hits = right[taken].sum()
    return hits / max(1, taken.sum()), hits / max(1, labels)


def f1(scores, right, labels: int, threshold: float) -> float:
    precision, recall = rates(scores, right, labels, threshold)
    return 2 * precision * recall / max(1e-9, precision + recall)


if __name__ == "__main__":
    main()
