"""Endless batches of training pictures.

A picture is one tile, or four around a random point. A tile is a zoomed part of a real, thermal or rendered picture, or of
a made sky; objects are erased from and pasted onto it so that a background says nothing about the class.
"""

import json
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np
import torch

from clips import CLASSES, HEIGHT, WIDTH, tighten
from contrails import draw_contrail
from cutouts import Cutout, cut_out, erase, paste
from photo import develop
from shapes import make_shape
from skies import make_sky
from targets import IGNORED, LEAST_CONTRAST, NO_OBJECT, SMALLEST_PX, TARGETS, contrast, overlap, place_in

SOURCES = ("visible", "thermal", "rendered", "sky")
SOURCE_SHARE = (0.48, 0.15, 0.10, 0.27)
#: What the class loss of an object counts in its own place, where its background gives it away.
OWN_PLACE_WEIGHT = {"visible": 0.3, "thermal": 0.3, "rendered": 0.3}
SKIES, CUTOUTS_A_CLASS, SHAPES_A_CLASS = 220, 1400, 700
#: How often a pasted object is a made-up shape.
SHAPE_SHARE = 0.4
LARGEST_PX = 170.0
#: How much of a tile's side an object may take.
LARGEST_SHARE = 0.95
#: How often a tile shows the head of a contrail, and one that only passes through.
CONTRAIL_SHARE, PASSING_SHARE = 0.2, 0.1
#: How often a picture is shown as a letterboxed one: part of it is the grey that detect pads with.
PADDED_SHARE, PAD_LEVEL = 0.08, 114
#: How often a picture is one tile; the others are four.
SINGLE_SHARE = 0.4
#: How often a real or rendered picture is shown in its own size, and how often as from further away.
NATIVE_SHARE, FAR_SHARE = 0.3, 0.35
#: Zoom: least, most from further away, most.
LEAST_ZOOM, FAR_ZOOM, MOST_ZOOM = 0.25, 0.6, 1.9


class Pictures:
    """One prepared array with its index."""

    def __init__(self, folder: Path, name: str, without: set[str] = frozenset()):
        self.name = name
        self.pixels = np.load(folder / f"{name}.npy", mmap_mode="r")
        self.rows = json.loads((folder / f"{name}.json").read_text())
        for row in self.rows:
            row["tight"] = np.array(row["tight"], np.float32).reshape(-1, 4)
        self.used = [i for i, row in enumerate(self.rows) if row["scene"] not in without]

    def picture(self, index: int) -> np.ndarray:
        pixels = np.asarray(self.pixels[index])
        return cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR) if pixels.ndim == 2 else pixels.copy()


class Maker:
    """Draws training pictures; everything follows from the seed."""

    def __init__(self, folder: Path, seed: int, size: int, without: set[str] = frozenset()):
        self.rng = np.random.default_rng(seed)
        self.size = size
        self.sets = {name: Pictures(folder, name, without) for name in SOURCES if name != "sky"}
        self.trees = {name: by_class_and_scene(one) for name, one in self.sets.items() if name != "rendered"}
        self.skies = [make_sky(self.rng) for _ in range(SKIES)]
        self.noise = self.rng.standard_normal((HEIGHT, WIDTH)).astype(np.float32)
        self.cutouts = {kind: self.collect(kind) for kind in range(len(CLASSES))}
        made = {kind: [make_shape(kind, self.rng) for _ in range(SHAPES_A_CLASS)] for kind in range(len(CLASSES))}
        self.shapes = {kind: [[one for one in shapes if one]] for kind, shapes in made.items()}

    def collect(self, kind: int) -> list[list[Cutout]]:
        """Cutouts of one class, grouped by scene."""
        groups: dict[str, list[Cutout]] = defaultdict(list)
        for _ in range(CUTOUTS_A_CLASS):
            name = "visible" if self.rng.random() < 0.65 else "thermal"
            index = self.pick(name, kind)
            pictures = self.sets[name]
            row = pictures.rows[index]
            for own, tight in zip(row["classes"], row["tight"]):
                found = cut_out(pictures.picture(index), tight, own, row["scene"], name == "thermal")
                if found and own == kind:
                    groups["thermal" if found.thermal else found.scene].append(found)
        return list(groups.values())

    def pick(self, name: str, kind: int | None = None) -> int:
        """Index of a picture: classes alike, scenes by the root of their size, clips of a scene alike."""
        if name == "rendered":
            return int(self.rng.choice(self.sets[name].used))
        kind = int(self.rng.choice(4, p=(0.34, 0.26, 0.2, 0.2))) if kind is None else kind
        scenes = self.trees[name][kind]
        weights = np.array([len(clips) ** 0.5 for clips in scenes])
        clips = scenes[self.rng.choice(len(scenes), p=weights / weights.sum())]
        clip = clips[self.rng.integers(len(clips))]
        return clip[self.rng.integers(len(clip))]

    def batch(self, count: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Pictures [count, size, size, 3] of bytes (RGB) and targets [count, TARGETS, 6]."""
        pictures = np.empty((count, self.size, self.size, 3), np.uint8)
        targets = np.zeros((count, TARGETS, 6), np.float32)
        targets[..., 0] = NO_OBJECT
        for i in range(count):
            picture, rows = self.make()
            pictures[i] = picture[..., ::-1]
            if rows:
                targets[i, : len(rows)] = rows[:TARGETS]
        return torch.from_numpy(pictures), torch.from_numpy(targets)

    def make(self) -> tuple[np.ndarray, list[list[float]]]:
        size = self.size
        draw = self.rng.random()
        if draw < PADDED_SHARE:
            return self.padded()
        if draw < PADDED_SHARE + SINGLE_SHARE:
            return self.tile(size, size)
        x, y = (int(self.rng.uniform(0.35, 0.65) * size) for _ in range(2))
        picture = np.empty((size, size, 3), np.uint8)
        rows = []
        for left, top, width, height in ((0, 0, x, y), (x, 0, size - x, y), (0, y, x, size - y), (x, y, size - x, size - y)):
            tile, own = self.tile(width, height)
            picture[top : top + height, left : left + width] = tile
            rows += [[kind, x0 + left, y0 + top, x1 + left, y1 + top, weight] for kind, x0, y0, x1, y1, weight in own]
        return picture, rows

    def padded(self) -> tuple[np.ndarray, list[list[float]]]:
        size = self.size
        height = int(self.rng.uniform(0.4, 0.9) * size)
        top = int(self.rng.choice((0, size - height, (size - height) // 2)))
        picture = np.full((size, size, 3), PAD_LEVEL, np.uint8)
        tile, rows = self.tile(size, height)
        picture[top : top + height] = tile
        return picture, [[kind, x0, y0 + top, x1, y1 + top, weight] for kind, x0, y0, x1, y1, weight in rows]

    def tile(self, width: int, height: int) -> tuple[np.ndarray, list[list[float]]]:
        rng = self.rng
        source = SOURCES[rng.choice(4, p=SOURCE_SHARE)]
        if source == "sky":
            picture, rows = self.part_of_sky(width, height), []
        else:
            picture, rows = self.part_of_picture(source, width, height)
        if rng.random() < 0.5:
            picture = picture[:, ::-1].copy()
            rows = [[kind, width - x1, y0, width - x0, y1, weight] for kind, x0, y0, x1, y1, weight in rows]
        self.add_contrail(picture, rows)
        for _ in range(int(rng.choice((0, 1, 2, 3), p=(0.25, 0.45, 0.2, 0.1)))):
            self.paste_one(picture, rows)
        picture = develop(picture, self.noise, rng)
        for row in rows:
            # Over-exposed or drowned in haze: to be found there is too much to ask, and to be passed over is not wrong.
            if contrast(picture, tighten(np.array([row[1:5]], np.float32))[0]) < LEAST_CONTRAST:
                row[0] = IGNORED
        return picture, rows

    def add_contrail(self, picture: np.ndarray, rows: list) -> None:
        draw = self.rng.random()
        if draw > CONTRAIL_SHARE + PASSING_SHARE:
            return
        before = picture.copy()
        corners = draw_contrail(picture, self.rng, headed=draw < CONTRAIL_SHARE)
        if not corners:
            return
        place = place_in(CLASSES.index("airplane"), np.array(corners), picture.shape[1], picture.shape[0], 1.0)
        if place and not any(overlap(place[1:5], row[1:5]) for row in rows):
            rows.append(place)
        else:
            picture[:] = before

    def part_of_sky(self, width: int, height: int) -> np.ndarray:
        sky = self.skies[self.rng.integers(SKIES)]
        x, y = (int(self.rng.integers(0, limit)) for limit in (WIDTH - width + 1, HEIGHT - height + 1))
        return sky[y : y + height, x : x + width].copy()

    def part_of_picture(self, source: str, width: int, height: int):
        """A zoomed part of a picture with what flies in it; often the objects are taken out of it."""
        rng = self.rng
        pictures = self.sets[source]
        index = self.pick(source)
        row = pictures.rows[index]
        whole = pictures.picture(index)
        tight, kinds = row["tight"], list(row["classes"])
        if source == "rendered":
            kinds = [kind if contrast(whole, box) > 14 else IGNORED for kind, box in zip(kinds, tight)]
        elif len(tight) and rng.random() < 0.35 and self.erase_all(whole, tight):
            tight, kinds = tight[:0], []
        x0, y0, x1, y1 = self.choose_part(tight, width, height)
        scale = width / (x1 - x0), height / (y1 - y0)
        shrinks = cv2.INTER_AREA if scale[0] < 1 else cv2.INTER_LINEAR
        picture = cv2.resize(whole[y0:y1, x0:x1], (width, height), interpolation=shrinks)
        rows = []
        for kind, box in zip(kinds, tight):
            moved = (box - [x0, y0, x0, y0]) * [*scale, *scale]
            place = place_in(kind, moved, width, height, OWN_PLACE_WEIGHT[source])
            if place:
                rows.append(place)
        return picture, rows

    def erase_all(self, whole: np.ndarray, tight: np.ndarray) -> bool:
        """Not what something leads to, like the head of a contrail: it would stay an object without it."""
        if any(contrast(whole, box, crossed=False) < LEAST_CONTRAST <= contrast(whole, box) for box in tight):
            return False
        return all([erase(whole, box, self.noise) for box in tight])

    def choose_part(self, tight: np.ndarray, width: int, height: int) -> tuple[int, int, int, int]:
        """Corners of the part to show: zoomed so that its object is neither too large nor too small."""
        rng = self.rng
        least = max(width / WIDTH, height / HEIGHT)
        draw = rng.random()
        if draw < NATIVE_SHARE:
            zoom = max(least, 1.0)
        else:
            most = FAR_ZOOM if draw < NATIVE_SHARE + FAR_SHARE else MOST_ZOOM
            zoom = np.exp(rng.uniform(np.log(max(least, LEAST_ZOOM)), np.log(max(most, least * 1.02))))
        if len(tight):
            sides = np.maximum(tight[:, 2] - tight[:, 0], tight[:, 3] - tight[:, 1])
            if sides.max() * zoom > LARGEST_SHARE * min(width, height):
                zoom = max(least, LARGEST_SHARE * min(width, height) / sides.max())
            if sides.min() * zoom < SMALLEST_PX:
                zoom = min(max(SMALLEST_PX / sides.min(), least), 2.5)
        stretch = np.exp(rng.uniform(-0.1, 0.1))
        w, h = min(WIDTH, width / zoom * stretch), min(HEIGHT, height / zoom / stretch)
        x, y = rng.uniform(0, WIDTH - w), rng.uniform(0, HEIGHT - h)
        if len(tight) and rng.random() < 0.7:
            box = tight[rng.integers(len(tight))]
            centre_x, centre_y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
            rim_x, rim_y = min(0.35 * w, (box[2] - box[0]) / 2), min(0.35 * h, (box[3] - box[1]) / 2)
            x, y = centre_x - rng.uniform(rim_x, w - rim_x), centre_y - rng.uniform(rim_y, h - rim_y)
        x, y = int(min(max(x, 0), WIDTH - w)), int(min(max(y, 0), HEIGHT - h))
        return x, y, min(WIDTH, x + max(8, round(w))), min(HEIGHT, y + max(8, round(h)))

    def choose(self, groups: list[list[Cutout]]) -> Cutout:
        """One of a group, groups by the root of their size."""
        weights = np.array([len(group) ** 0.5 for group in groups])
        group = groups[self.rng.choice(len(groups), p=weights / weights.sum())]
        return group[self.rng.integers(len(group))]

    def paste_one(self, picture: np.ndarray, rows: list) -> None:
        """An object of any class, in about its own size or any size."""
        rng = self.rng
        kind = int(rng.choice(4, p=(0.3, 0.26, 0.22, 0.22)))
        cutout = self.choose(self.shapes[kind] if rng.random() < SHAPE_SHARE else self.cutouts[kind])
        own_px = max(cutout.tight[2] - cutout.tight[0], cutout.tight[3] - cutout.tight[1])
        if rng.random() < 0.5:
            side_px = own_px * np.exp(rng.uniform(np.log(0.35), np.log(1.5)))
        else:
            side_px = np.exp(rng.uniform(np.log(2), np.log(90)))
        side_px = float(np.clip(side_px, SMALLEST_PX + 0.4, min(LARGEST_PX, 2.2 * own_px)))
        corners = paste(picture, cutout, side_px, [row[1:5] for row in rows], rng)
        if corners:
            place = place_in(kind, np.array(corners), picture.shape[1], picture.shape[0], 1.0)
            if place:
                rows.append(place)


def by_class_and_scene(pictures: Pictures) -> list[list[list[list[int]]]]:
    """Indices of pictures by class, scene and clip."""
    tree = [defaultdict(lambda: defaultdict(list)) for _ in CLASSES]
    for index in pictures.used:
        row = pictures.rows[index]
        tree[CLASSES.index(row["kind"])][row["scene"]][row["clip"]].append(index)
    return [[list(clips.values()) for clips in scenes.values()] for scenes in tree]


class Batches(torch.utils.data.IterableDataset):
    """For a DataLoader: each worker draws from a seed of its own."""

    def __init__(self, folder: Path, seed: int, size: int, count: int, without: set[str] = frozenset()):
        self.arguments = folder, seed, size, count, without

    def __iter__(self):
        folder, seed, size, count, without = self.arguments
        cv2.setNumThreads(1)
        worker = torch.utils.data.get_worker_info()
        maker = Maker(folder, seed + 1000 * (worker.id if worker else 0), size, without)
        while True:
            yield maker.batch(count)
