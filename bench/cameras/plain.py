"""What many write first: read, detect, track, in one loop.

    python plain.py VIDEO MODEL DETECTIONS_PER_S      prints a line for each picture: its age in ms when its tracks are known

The video plays at its own pace, over and over. Every picture is decoded; of those, so many a second are looked at, and a loop
that is late goes on with the newest.
"""
import sys
import time

import cv2
import numpy as np
import onnxruntime
import supervision

CONFIDENCE, OVERLAP = 0.1, 0.45


def main(video, model, per_s):
    cv2.setNumThreads(1)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    takes = session.get_inputs()[0]
    of_bytes = "uint8" in takes.type
    height, width = takes.shape[1:3] if of_bytes else takes.shape[2:]
    tracker = supervision.ByteTrack(frame_rate=per_s)
    capture = cv2.VideoCapture(video)
    frame_s = 1 / capture.get(cv2.CAP_PROP_FPS)
    start, number, due = time.monotonic(), 0, 0.0
    while True:
        taken = start + number * frame_s
        time.sleep(max(0, taken - time.monotonic()))
        if not capture.grab():
            capture.set(cv2.CAP_PROP_POS_FRAMES, 0)
            capture.grab()
        number += 1
        if (number - 1) * frame_s < due - 1e-6 or time.monotonic() > taken + frame_s:
            continue
        due = max(due + 1 / per_s, (number - 1) * frame_s)
        picture = capture.retrieve()[1]
        pixels, scale = letterbox(picture, width, height)
        pixels = np.ascontiguousarray(pixels) if of_bytes else planes(pixels)
        tracker.update_with_detections(detections(session.run(None, {takes.name: pixels})[0][0], scale))
        print(round((time.monotonic() - taken) * 1000, 1), flush=True)


def letterbox(picture, width, height):
    scale = min(width / picture.shape[1], height / picture.shape[0])
    size = round(picture.shape[1] * scale), round(picture.shape[0] * scale)
    canvas = np.full((height, width, 3), 114, np.uint8)
    canvas[: size[1], : size[0]] = cv2.resize(picture, size)
    return canvas[None, ..., ::-1], scale


def planes(pixels):
    return np.ascontiguousarray(pixels.transpose(0, 3, 1, 2), np.float32) / 255


def detections(rows, scale):
    """Boxes of rows with centre, size, objectness and class probabilities, without doubles."""
    rows = rows[rows[:, 4] > CONFIDENCE]
    sizes = rows[:, 2:4]
    corners = rows[:, :2] - sizes / 2
    kept = cv2.dnn.NMSBoxes(np.hstack([corners, sizes]).tolist(), rows[:, 4].tolist(), CONFIDENCE, OVERLAP)
    kept = np.array(kept, int).reshape(-1)
    boxes = np.hstack([corners, corners + sizes])[kept] / scale
    kinds = rows[kept, 5:].argmax(1) if len(kept) else np.zeros(0, int)
    return supervision.Detections(xyxy=boxes.reshape(-1, 4), confidence=rows[kept, 4], class_id=kinds)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
