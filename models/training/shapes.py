"""Flyers that no camera saw: drones, birds, airplanes and helicopters of random build, seen from anywhere.

The clips show few kinds of each. A shape is made of solids (ellipsoids, tubes, plates, discs) with random proportions, turned
at random, lit from a random side, and drawn face by face from back to front. What comes out is a cutout like those of
`cutouts.py`.
"""

import cv2
import numpy as np

from cutouts import Cutout

#: Longest side of a shape in pixels, least and most, and how much finer it is drawn than it is kept.
SIDE_PX, FINER = (5.0, 130.0), 4
#: Faces around and along a round solid.
AROUND, ALONG = 10, 6
MARGIN_PX = 5


class Model:
    """Faces [4, 3] with their colour (grey level, tint) and opacity. x: ahead, y: left, z: up."""

    def __init__(self):
        self.faces: list[np.ndarray] = []
        self.colors: list[np.ndarray] = []
        self.opacity: list[float] = []

    def add(self, faces, color, opacity: float = 1.0) -> None:
        for face in faces:
            self.faces.append(np.asarray(face, np.float32))
            self.colors.append(color)
            self.opacity.append(opacity)

    def ellipsoid(self, centre, radii, color) -> None:
        u, v = np.linspace(0, np.pi, ALONG + 1), np.linspace(0, 2 * np.pi, AROUND + 1)
        x, y, z = np.cos(u)[:, None] + 0 * v, np.sin(u)[:, None] * np.cos(v), np.sin(u)[:, None] * np.sin(v)
        self.grid(np.stack([x, y, z], -1) * radii + centre, color)

    def tube(self, start, end, r0: float, r1: float, color) -> None:
        start, end = np.asarray(start, float), np.asarray(end, float)
        axis = (end - start) / (np.linalg.norm(end - start) + 1e-9)
        side = np.cross(axis, (0, 0, 1) if abs(axis[2]) < 0.9 else (0, 1, 0))
        side /= np.linalg.norm(side)
        v = np.linspace(0, 2 * np.pi, AROUND + 1)[:, None]
        ring = np.cos(v) * side + np.sin(v) * np.cross(axis, side)
        self.grid(np.stack([start + r0 * ring, end + r1 * ring]), color)

    def grid(self, points: np.ndarray, color) -> None:
        a, b, c, d = points[:-1, :-1], points[1:, :-1], points[1:, 1:], points[:-1, 1:]
        self.add(np.stack([a, b, c, d], 2).reshape(-1, 4, 3), color)

    def disc(self, centre, radius: float, color, opacity: float) -> None:
        """Level: a rotor that turns."""
        v = np.linspace(0, 2 * np.pi, 17)
        rim = np.stack([np.cos(v), np.sin(v), 0 * v], -1) * radius + np.asarray(centre)
        # One polygon, so that it is see-through evenly.
        self.add([rim[:-1]], color, opacity)

    def wing(self, root, tip, root_chord: float, tip_chord: float, color) -> None:
        """A plate from root to tip (its leading edge), and the same on the right-hand side."""
        root, tip = np.asarray(root, float), np.asarray(tip, float)
        face = np.array([root, tip, tip - (tip_chord, 0, 0), root - (root_chord, 0, 0)])
        self.add([face, face * (1, -1, 1)], color)


def make_shape(kind: int, rng: np.random.Generator) -> Cutout | None:
    """One flyer of a class (index in CLASSES), as a cutout; None when it would be a mere line."""
    model = Model()
    (drone, bird, airplane, helicopter)[kind](model, rng)
    return draw(model, kind, *pose(kind, rng), rng)


def drone(model: Model, rng) -> None:
    paint = color(rng)
    arms = int(rng.choice((4, 4, 4, 4, 6, 8)))
    half, height = rng.uniform(0.12, 0.32, 2), rng.uniform(0.05, 0.16)
    model.ellipsoid((0, 0, 0), (half[0], half[1], height), paint)
    other = color(rng) if rng.random() < 0.5 else paint
    stretch, thick = rng.uniform(0.75, 1.3), rng.uniform(0.02, 0.07)
    blade, spins = rng.uniform(0.22, 0.42), rng.random() < 0.75
    blur = rng.uniform(0.03, 0.35)
    for one in range(arms):
        angle = 2 * np.pi * (one + 0.5) / arms
        end = np.array([np.cos(angle) * stretch, np.sin(angle), rng.uniform(-0.02, 0.02) + rng.uniform(0, 0.1)])
        model.tube((0, 0, 0), end, thick * 1.4, thick, other)
        model.tube(end, end + (0, 0, rng.uniform(0.06, 0.14)), 0.06, 0.06, other)
        propeller(model, end + (0, 0, 0.12), blade, blur if spins else 0.0, 2, rng)
    legs = rng.random()
    if legs < 0.6:
        low, wide = rng.uniform(0.15, 0.45), rng.uniform(0.15, 0.4)
        for side in (-1, 1):
            for x in (-0.2, 0.2):
                model.tube((x * 0.7, side * 0.1, 0), (x, side * wide, -low), 0.02, 0.02, other)
            if legs < 0.45:
                model.tube((-0.3, side * wide, -low), (0.3, side * wide, -low), 0.02, 0.02, other)
    if rng.random() < 0.7:
        r = rng.uniform(0.05, 0.14)
        model.ellipsoid((rng.uniform(0, 0.25), 0, -height - r * 0.8), (r, r, r), color(rng))


def bird(model: Model, rng) -> None:
    paint = color(rng, dark=0.6)
    tips = color(rng, dark=0.9) if rng.random() < 0.4 else paint
    length, thick = rng.uniform(0.28, 0.6), rng.uniform(0.055, 0.13)
    model.ellipsoid((0, 0, 0), (length * 0.5, thick, thick), paint)
    reach = length * rng.uniform(0.5, 0.75) * (rng.uniform(1.3, 2.2) if rng.random() < 0.2 else 1)
    model.tube((length * 0.3, 0, 0), (reach, 0, thick * 0.3), thick * 0.7, thick * 0.35, paint)
    model.ellipsoid((reach, 0, thick * 0.3), (thick * 0.8, thick * 0.55, thick * 0.55), paint)
    tail, fan = rng.uniform(0.1, 0.4), rng.uniform(0.02, 0.16)
    start = -length * 0.4
    model.add([[(start, thick * 0.5, 0), (start - tail, fan, 0), (start - tail, -fan, 0), (start, -thick * 0.5, 0)]], paint)
    # Wings of two parts; a stroke bends the outer one after the inner one.
    inner, chord = rng.uniform(0.25, 0.5), rng.uniform(0.14, 0.34)
    stroke = np.radians(rng.uniform(-55, 65) if rng.random() < 0.7 else rng.uniform(-5, 15))
    bend = stroke + np.radians(rng.uniform(-60, 25))
    folded = rng.uniform(0.2, 0.6) if rng.random() < 0.12 else 1.0
    sweep_in, sweep_out = rng.uniform(-0.12, 0.1), rng.uniform(0, 0.35) + (1 - folded) * 0.5
    elbow = np.array([length * 0.15 - sweep_in, thick * 0.5 + inner * np.cos(stroke) * folded, inner * np.sin(stroke)])
    outer = (1 - inner) * folded
    tip = elbow + (-sweep_out, outer * np.cos(bend), outer * np.sin(bend))
    model.wing((length * 0.2, thick * 0.4, 0), elbow, chord, chord * rng.uniform(0.8, 1.1), paint)
    model.wing(elbow, tip, chord * 0.95, chord * rng.uniform(0.1, 0.6), tips)


def airplane(model: Model, rng) -> None:
    paint = color(rng, dark=0.25)
    other = color(rng, dark=0.4) if rng.random() < 0.4 else paint
    thick, length = rng.uniform(0.045, 0.085), rng.uniform(0.7, 1.25)
    light = rng.random() < 0.3
    model.tube((length * 0.75, 0, 0), (-length * 0.5, 0, 0), thick, thick, paint)
    model.ellipsoid((length * 0.75, 0, 0), (thick * 2.2, thick, thick), paint)
    model.tube((-length * 0.5, 0, 0), (-length, 0, thick * 0.6), thick, thick * 0.25, paint)
    sweep = rng.uniform(-0.03, 0.06) if light else rng.uniform(0.15, 0.75)
    chord, taper = rng.uniform(0.18, 0.38), rng.uniform(0.7, 1) if light else rng.uniform(0.15, 0.5)
    level = thick * (rng.choice((0.9, -0.7)) if light else -0.5)
    root = np.array([rng.uniform(0.05, 0.3), thick * 0.5, level])
    tip = root + (-sweep, 1.0, rng.uniform(0, 0.14))
    model.wing(root, tip, chord, chord * taper, other)
    tail, small = -length + rng.uniform(0.12, 0.25), rng.uniform(0.28, 0.42)
    raised = thick * 4 if rng.random() < 0.2 else thick * 0.4
    model.wing((tail, 0.01, raised), (tail - sweep * small, small, raised + 0.02), chord * 0.55, chord * 0.3, other)
    fin, high = chord * rng.uniform(0.6, 0.9), rng.uniform(0.2, 0.36)
    model.add([[(tail, 0, 0), (tail - high * 0.7, 0, high), (tail - high * 0.7 - fin * 0.6, 0, high), (tail - fin, 0, 0)]], color(rng))
    if light:
        propeller(model, (length * 0.75 + thick * 2.3, 0, 0), 0.02, 0.0, 2, rng)
        return
    pairs = int(rng.choice((0, 1, 1, 1, 2)))
    for out in (0.32, 0.6)[:pairs]:
        at = root + (tip - root) * out + (0.06, 0, -thick * 1.1)
        for side in (-1, 1):
            engine = at * (1, side, 1)
            model.tube(engine, engine - (rng.uniform(0.16, 0.26), 0, 0), thick * 0.6, thick * 0.5, other)


def helicopter(model: Model, rng) -> None:
    paint = color(rng, dark=0.5)
    other = color(rng) if rng.random() < 0.4 else paint
    long, wide, high = rng.uniform(0.28, 0.55), rng.uniform(0.12, 0.2), rng.uniform(0.13, 0.24)
    model.ellipsoid((0.1, 0, 0), (long, wide, high), paint)
    boom = rng.uniform(0.8, 1.25)
    model.tube((-long * 0.3, 0, high * 0.35), (-boom, 0, high * 0.5), high * 0.45, high * 0.14, other)
    fin = rng.uniform(0.15, 0.32)
    model.add([[(-boom + 0.1, 0, high * 0.4), (-boom - 0.05, 0, high * 0.4 + fin), (-boom - 0.14, 0, high * 0.4 + fin), (-boom - 0.05, 0, high * 0.3)]], other)
    model.wing((-boom + 0.2, 0.02, high * 0.5), (-boom + 0.17, rng.uniform(0.1, 0.26), high * 0.5), 0.1, 0.08, other)
    mast = high + rng.uniform(0.06, 0.16)
    model.tube((0.1, 0, high * 0.6), (0.1, 0, mast), high * 0.4, 0.03, other)
    turning = rng.uniform(0.03, 0.3) if rng.random() < 0.6 else 0.0
    propeller(model, (0.1, 0, mast), rng.uniform(0.8, 1.15), turning, int(rng.integers(2, 6)), rng)
    if rng.random() < 0.7:
        for side in (-1, 1):
            y, low = side * wide * rng.uniform(0.8, 1.3), -high - rng.uniform(0.03, 0.14)
            model.tube((0.4, y, low), (-0.3, y, low), 0.018, 0.018, other)
            model.tube((0.2, side * wide * 0.6, -high * 0.7), (0.2, y, low), 0.015, 0.015, other)


def propeller(model: Model, centre, radius: float, blur: float, blades: int, rng) -> None:
    """As a see-through disc when it is `blur` opaque, and as blades, which a short exposure shows."""
    paint = color(rng, dark=0.8)
    if blur:
        model.disc(centre, radius, paint, blur)
        if rng.random() < 0.4:
            return
    turned = rng.uniform(0, 2 * np.pi)
    for one in range(blades):
        angle = turned + 2 * np.pi * one / blades
        along, across = np.array([np.cos(angle), np.sin(angle), 0]), np.array([-np.sin(angle), np.cos(angle), 0])
        half = across * max(0.02, radius * 0.05)
        end = centre + along * radius
        model.add([[centre - half, centre + half, end + half * 0.7, end - half * 0.7]], paint, 0.9)


def color(rng, dark: float = 0.5) -> np.ndarray:
    """BGR; dark with that probability, else light, seldom gaudy."""
    level = rng.uniform(10, 90) if rng.random() < dark else rng.uniform(110, 250)
    tint = rng.normal(0, 45 if rng.random() < 0.12 else 8, 3)
    return np.clip(level + tint, 0, 255).astype(np.float32)


def pose(kind: int, rng) -> tuple[np.ndarray, np.ndarray]:
    """How it is turned towards the camera (which looks along x), and where its light comes from."""
    level = np.radians(12 if kind in (0, 3) else 25)
    yaw, seen_from_below = rng.uniform(0, 2 * np.pi), np.radians(rng.uniform(-15, 75) * rng.uniform(0, 1))
    turn = about(1, -seen_from_below) @ about(2, yaw) @ about(0, rng.normal(0, level)) @ about(1, rng.normal(0, level * 0.7))
    sun = rng.normal(0, 1, 3) + (0, 0, 1.0)
    return turn, sun / np.linalg.norm(sun)


def about(axis: int, angle: float) -> np.ndarray:
    a, b = [one for one in range(3) if one != axis]
    turn = np.eye(3)
    turn[a, a], turn[a, b], turn[b, a], turn[b, b] = np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle)
    return turn


def draw(model: Model, kind: int, turn: np.ndarray, sun: np.ndarray, rng) -> Cutout | None:
    faces = [face @ turn.T for face in model.faces]
    flat = np.concatenate([face[:, 1:] for face in faces])
    low, extent = flat.min(0), np.ptp(flat, axis=0)
    side_px = np.exp(rng.uniform(*np.log(SIDE_PX)))
    if extent.min() * side_px < 1.2 * extent.max():
        return None
    scale = FINER * side_px / extent.max()
    w, h = np.ceil(extent * scale / FINER).astype(int) + 2 * MARGIN_PX
    seen = np.zeros((h * FINER, w * FINER, 3), np.float32)
    matte = np.zeros((h * FINER, w * FINER), np.float32)
    ambient, direct = rng.uniform(0.3, 1.0), rng.uniform(0, 0.8)
    for index in np.argsort([-face[:, 0].mean() for face in faces]):
        face, opacity = faces[index], model.opacity[index]
        normal = np.cross(face[1] - face[0], face[2] - face[0]) + np.cross(face[2] - face[0], face[3] - face[0])
        lit = ambient + direct * abs(normal @ sun) / (np.linalg.norm(normal) + 1e-9)
        corners = (face[:, 1:] - low) * scale + MARGIN_PX * FINER
        corners[:, 1] = h * FINER - corners[:, 1]
        shade = np.clip(model.colors[index] * lit, 0, 255)
        cover(seen, matte, np.round(corners).astype(np.int32), shade, opacity)
    size = int(w), int(h)
    matte = cv2.resize(matte, size, interpolation=cv2.INTER_AREA)
    paint = cv2.resize(seen, size, interpolation=cv2.INTER_AREA)
    inside = matte > 0.2
    if inside.sum() < 3:
        return None
    rows, columns = np.where(inside.any(1))[0], np.where(inside.any(0))[0]
    tight = float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)
    sky = np.full(3, rng.uniform(90, 240), np.float32)
    difference = paint - sky * matte[..., None]
    return Cutout(kind, "shape", difference.astype(np.float16), matte.astype(np.float16), sky, tight, False)


def cover(seen: np.ndarray, matte: np.ndarray, corners: np.ndarray, shade: np.ndarray, opacity: float) -> None:
    """Paints one face over what is there (colours are kept multiplied by their opacity)."""
    if opacity >= 1:
        cv2.fillConvexPoly(seen, corners, shade.tolist())
        cv2.fillConvexPoly(matte, corners, 1.0)
        return
    (x0, y0), (x1, y1) = np.maximum(corners.min(0), 0), corners.max(0) + 1
    mask = np.zeros((max(y1 - y0, 1), max(x1 - x0, 1)), np.float32)
    cv2.fillConvexPoly(mask, corners - [x0, y0], opacity)
    part = slice(y0, y1), slice(x0, x1)
    mask = mask[: seen[part].shape[0], : seen[part].shape[1]]
    seen[part] += (shade - seen[part]) * mask[..., None]
    matte[part] += (1 - matte[part]) * mask
