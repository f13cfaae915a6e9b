"""Plain references to compare with, written from the papers, numpy alone: OC-SORT (Cao et al. 2023) and ByteTrack
(Zhang et al. 2022), with the values of their papers.

    python3 references.py SCENES.json TRACKS.json

In: by scene, by frame, boxes [x, y, w, h, confidence]. Out: by name, by scene, by frame, tracks [id, x, y, w, h].
"""
import json
import sys

import numpy as np


def assign(cost, limit):
    """Pairs (row, column) of least total cost, none above the limit: each group of rows that want the same by itself."""
    may = cost <= limit
    pairs, left = [], set(np.flatnonzero(may.any(axis=1)))
    while left:
        rows, cols, new = set(), set(), {left.pop()}
        while new:
            rows |= new
            cols |= set(np.flatnonzero(may[sorted(new)].any(axis=0)))
            new = set(np.flatnonzero(may[:, sorted(cols)].any(axis=1))) - rows
        left -= rows
        rows, cols = sorted(rows), sorted(cols)
        pairs += [(int(rows[r]), int(cols[c])) for r, c in assign_group(cost[np.ix_(rows, cols)], limit)]
    return pairs


def assign_group(cost, limit):
    rows, cols = cost.shape
    if rows == 1 and cols == 1:
        return [(0, 0)]
    # Square, with a partner at half the limit for whoever stays alone; shortest augmenting paths.
    size = rows + cols
    full = np.full((size, size), limit / 2)
    full[rows:, cols:] = 0
    full[:rows, :cols] = np.where(cost <= limit, cost, 1e6)
    row_price, col_price = np.zeros(size), np.zeros(size)
    owner = np.full(size, -1)
    for start in range(size):
        distance = full[start] - row_price[start] - col_price
        came_from = np.full(size, start)
        done = np.zeros(size, bool)
        while True:
            open_distance = np.where(done, np.inf, distance)
            col = int(np.argmin(open_distance))
            least = open_distance[col]
            done[col] = True
            if owner[col] < 0:
                break
            row = owner[col]
            through = least + full[row] - row_price[row] - col_price
            better = ~done & (through < distance)
            distance[better] = through[better]
            came_from[better] = row
        row_price[start] += least
        for other in np.flatnonzero(done):
            if owner[other] >= 0:
                row_price[owner[other]] += least - distance[other]
            col_price[other] -= least - distance[other]
        while True:
            row = came_from[col]
            previous = np.flatnonzero(owner == row)
            owner[col] = row
            if row == start:
                break
            col = int(previous[0])
    return [(int(r), c) for c, r in enumerate(owner[:cols]) if r < rows and cost[r, c] <= limit]


def iou(a, b):
    """Of boxes as left, top, right, bottom."""
    a, b = np.reshape(a, (-1, 4)), np.reshape(b, (-1, 4))
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=2)
    area_a = np.prod(a[:, 2:] - a[:, :2], axis=1)
    area_b = np.prod(b[:, 2:] - b[:, :2], axis=1)
    return shared / np.maximum(area_a[:, None] + area_b[None] - shared, 1e-9)


class Filter:
    """Kalman filter of constant velocity: the first `n` numbers of the state are measured."""

    def __init__(self, measured, n_velocity, covariance):
        n = len(measured)
        self.mean = np.concatenate([measured, np.zeros(n_velocity)])
        self.covariance = covariance
        self.step = np.eye(n + n_velocity)
        self.step[:n_velocity, n:] = np.eye(n_velocity)
        self.seen = np.eye(n, n + n_velocity)

    def predict(self, noise):
        self.mean = self.step @ self.mean
        self.covariance = self.step @ self.covariance @ self.step.T + noise

    def update(self, measured, noise):
        spread = self.seen @ self.covariance @ self.seen.T + noise
        gain = self.covariance @ self.seen.T @ np.linalg.inv(spread)
        self.mean = self.mean + gain @ (measured - self.seen @ self.mean)
        self.covariance = self.covariance - gain @ self.seen @ self.covariance


# --- ByteTrack -------------------------------------------------------------------------------------------------------

HIGH, LOW, NEW, MEMORY = 0.6, 0.1, 0.7, 30


class ByteTracklet:
    def __init__(self, box, frame):
        x, y, w, h = box
        self.filter = Filter(np.array([x + w / 2, y + h / 2, w / h, h]), 4, np.eye(8))
        spread = np.array([2 * h / 20, 2 * h / 20, 1e-2, 2 * h / 20, 10 * h / 160, 10 * h / 160, 1e-5, 10 * h / 160])
        self.filter.covariance = np.diag(spread**2)
        self.state, self.seen, self.id = "new", frame, 0

    def predict(self):
        if self.state != "tracked":
            self.filter.mean[7] = 0
        h = self.filter.mean[3]
        self.filter.predict(np.diag(np.array([h / 20, h / 20, 1e-2, h / 20, h / 160, h / 160, 1e-5, h / 160]) ** 2))

    def update(self, box, frame):
        x, y, w, h = box
        own = self.filter.mean[3]
        noise = np.diag(np.array([own / 20, own / 20, 1e-1, own / 20]) ** 2)
        self.filter.update(np.array([x + w / 2, y + h / 2, w / h, h]), noise)
        self.state, self.seen = "tracked", frame

    def edges(self):
        x, y, aspect, h = self.filter.mean[:4]
        w = aspect * h
        return np.array([x - w / 2, y - h / 2, x + w / 2, y + h / 2])


def edges_of(boxes):
    boxes = np.reshape(boxes, (-1, 5))
    return np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:4]], axis=1)


def byte_track(frames):
    tracks, next_id, out = [], 1, []
    for frame, boxes in enumerate(frames):
        boxes = np.reshape(np.array(boxes, float), (-1, 5))
        high, low = boxes[boxes[:, 4] >= HIGH], boxes[(boxes[:, 4] < HIGH) & (boxes[:, 4] > LOW)]
        known = [t for t in tracks if t.state != "new"]
        fresh = [t for t in tracks if t.state == "new"]
        for track in known:
            track.predict()

        def match(candidates, found, least, fuse):
            overlap = iou([t.edges() for t in candidates], edges_of(found))
            value = overlap * found[:, 4] if fuse else overlap
            pairs = assign(1 - value, least)
            for r, c in pairs:
                candidates[r].update(found[c, :4], frame)
            rest = np.ones(len(found), bool)
            rest[[c for _, c in pairs]] = False
            return found[rest]

        was_tracked = {id(t) for t in known if t.state == "tracked"}
        high = match(known, high, 0.8, True)
        match([t for t in known if t.seen < frame and id(t) in was_tracked], low, 0.5, False)
        for track in known:
            if track.seen < frame:
                track.state = "lost"
        high = match(fresh, high, 0.7, True)
        for track in fresh:
            if track.seen == frame:
                track.id, next_id = next_id, next_id + 1
        tracks = [t for t in known + fresh if t.state != "new" and frame - t.seen <= MEMORY]
        for box in high[high[:, 4] >= NEW]:
            track = ByteTracklet(box[:4], frame)
            if frame == 0:
                track.state, track.id, next_id = "tracked", next_id, next_id + 1
            tracks.append(track)
        seen = [(t, t.edges()) for t in tracks if t.state == "tracked"]
        out.append([[t.id, e[0], e[1], e[2] - e[0], e[3] - e[1]] for t, e in seen])
    return out


# --- OC-SORT ---------------------------------------------------------------------------------------------------------

LEAST_IOU, DELTA, INERTIA, LEAST_HITS = 0.3, 3, 0.2, 3


def to_area(box):
    x, y, w, h = box
    return np.array([x + w / 2, y + h / 2, w * h, w / h])


class OcTracklet:
    def __init__(self, box, number):
        self.filter = Filter(to_area(box), 3, np.diag([10.0, 10, 10, 10, 1e4, 1e4, 1e4]))
        self.id, self.age, self.streak, self.since = number, 0, 0, 0
        self.observed = {0: np.array(box)}
        self.last, self.frozen, self.direction = np.array(box), None, np.zeros(2)

    def predict(self):
        if self.filter.mean[6] + self.filter.mean[2] <= 0:
            self.filter.mean[6] = 0
        self.filter.predict(np.diag([1, 1, 1, 1, 1e-2, 1e-2, 1e-4]))
        self.age += 1
        if self.since > 0:
            self.streak = 0
        self.since += 1

    def edges(self):
        x, y, area, aspect = self.filter.mean[:4]
        w = np.sqrt(max(area * aspect, 1e-9))
        h = max(area, 1e-9) / w
        return np.array([x - w / 2, y - h / 2, x + w / 2, y + h / 2])

    def before(self):
        """The observation some frames ago, by which the direction is told."""
        for ago in range(DELTA, 0, -1):
            if self.age - ago in self.observed:
                return self.observed[self.age - ago]
        return self.last

    def correct(self, box):
        self.filter.update(to_area(box), np.diag([1.0, 1, 10, 10]))

    def update(self, box):
        way = middle(box) - middle(self.before())
        self.direction = way / (np.linalg.norm(way) + 1e-6)
        if self.frozen is not None and self.since > 1:
            # Re-update: from the last sighting along a straight line to this one, instead of what was only predicted.
            self.filter.mean, self.filter.covariance = self.frozen
            for k in range(1, self.since):
                self.filter.predict(np.diag([1, 1, 1, 1, 1e-2, 1e-2, 1e-4]))
                self.correct(self.last + (box - self.last) * k / self.since)
            self.filter.predict(np.diag([1, 1, 1, 1, 1e-2, 1e-2, 1e-4]))
        self.correct(box)
        self.frozen = (self.filter.mean.copy(), self.filter.covariance.copy())
        self.last = np.array(box)
        self.observed[self.age] = self.last
        self.streak, self.since = self.streak + 1, 0


def middle(box):
    return np.array([box[0] + box[2] / 2, box[1] + box[3] / 2])


def consistency(tracks, boxes):
    """How well each pair goes on in the direction of its track, in [-0.5, 0.5], times the confidence."""
    value = np.zeros((len(tracks), len(boxes)))
    for r, track in enumerate(tracks):
        if not track.direction.any():
            continue
        ways = np.array([middle(box) for box in boxes]) - middle(track.before())
        ways /= np.linalg.norm(ways, axis=1, keepdims=True) + 1e-6
        angle = np.arccos(np.clip(ways @ track.direction, -1, 1))
        value[r] = (np.pi / 2 - np.abs(angle)) / np.pi * boxes[:, 4]
    return value


def oc_sort(frames):
    tracks, next_id, out = [], 1, []
    for frame, boxes in enumerate(frames):
        boxes = np.reshape(np.array(boxes, float), (-1, 5))
        boxes = boxes[boxes[:, 4] > HIGH]
        for track in tracks:
            track.predict()
        free, rest = list(tracks), np.arange(len(boxes))
        overlap = iou([t.edges() for t in free], edges_of(boxes))
        bonus = INERTIA * consistency(free, boxes) if len(free) and len(boxes) else np.zeros(overlap.shape)
        cost = np.where(overlap >= LEAST_IOU, 1 - overlap - bonus, 1e3)
        for stage in ("motion", "last sighting"):
            if stage == "last sighting":
                overlap = iou([corners(t.last) for t in free], edges_of(boxes[rest]))
                cost = np.where(overlap >= LEAST_IOU, 1 - overlap, 1e3)
            pairs = assign(cost, 10)
            for r, c in pairs:
                free[r].update(boxes[rest[c], :4])
            taken, used = {r for r, _ in pairs}, {c for _, c in pairs}
            free = [t for r, t in enumerate(free) if r not in taken]
            rest = np.array([k for c, k in enumerate(rest) if c not in used], int)
        for k in rest:
            tracks.append(OcTracklet(boxes[k, :4], next_id))
            next_id += 1
        shown = [t for t in tracks if t.since == 0 and (t.streak >= LEAST_HITS or frame < LEAST_HITS)]
        out.append([[t.id, *map(float, t.last)] for t in shown])
        tracks = [t for t in tracks if t.since <= MEMORY]
    return out


def corners(box):
    return np.array([box[0], box[1], box[0] + box[2], box[1] + box[3]])


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        scenes = json.load(file)
    results = {"OC-SORT": [oc_sort(scene) for scene in scenes], "ByteTrack": [byte_track(scene) for scene in scenes]}
    with open(sys.argv[2], "w") as file:
        json.dump(results, file)
