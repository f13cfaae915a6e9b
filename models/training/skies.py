"""Backgrounds that no camera saw: gradients, clouds, dusk, haze, horizons, branches and wires."""

import cv2
import numpy as np

from clips import HEIGHT, WIDTH
from contrails import draw_contrail


def make_sky(rng: np.random.Generator) -> np.ndarray:
    """One BGR picture [512, 640, 3] of bytes."""
    picture = gradient(rng)
    if rng.random() < 0.75:
        picture = add_clouds(picture, rng)
    if rng.random() < 0.25:
        picture = add_clouds(picture, rng, holes=True)
    picture = np.clip(picture, 0, 255).astype(np.uint8)
    for _ in range(rng.integers(1, 4) if rng.random() < 0.12 else 0):
        draw_contrail(picture, rng, headed=False)
    if rng.random() < 0.35:
        picture = add_ground(picture, rng)
    if rng.random() < 0.22:
        add_lines(picture, rng)
    return np.clip(picture, 0, 255).astype(np.uint8)


def gradient(rng) -> np.ndarray:
    top = np.array([rng.uniform(90, 255), rng.uniform(80, 235), rng.uniform(60, 225)])
    if rng.random() < 0.55:
        top[:] = rng.uniform(30, 250) + rng.uniform(-12, 12, 3)
    bottom = top + rng.uniform(-60, 60) + rng.uniform(-20, 20, 3)
    down = np.linspace(0, 1, HEIGHT)[:, None, None] ** rng.uniform(0.5, 2)
    return np.broadcast_to(top * (1 - down) + bottom * down, (HEIGHT, WIDTH, 3)).astype(np.float32).copy()


def add_clouds(picture, rng, holes: bool = False) -> np.ndarray:
    """Clouds, or holes in them: small dark patches of sky, which are easily taken for something that flies."""
    cover = np.zeros((HEIGHT, WIDTH), np.float32)
    weight = 1.0
    for octave in range(2, rng.integers(4, 9)):
        grid = rng.standard_normal((2**octave, 2**octave)).astype(np.float32)
        cover += weight * cv2.resize(grid, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
        weight *= rng.uniform(0.45, 0.7)
    cover = (cover - cover.mean()) / (cover.std() + 1e-6)
    opacity = np.clip(cover * rng.uniform(0.3, 1.1) + rng.uniform(-0.5, 0.5), 0, 1)[..., None] * rng.uniform(0.2, 1)
    color = np.full(3, rng.uniform(110, 255)) + rng.uniform(-10, 10, 3)
    if holes:
        # Few and ragged, with soft edges.
        opacity = np.clip(opacity * rng.uniform(1, 2.5) - rng.uniform(0.1, 0.5), 0, 1)
        color = np.array([rng.uniform(70, 210), rng.uniform(60, 150), rng.uniform(30, 130)])
    return picture * (1 - opacity) + color * opacity


def add_ground(picture, rng) -> np.ndarray:
    """Hills, trees or roofs: a dark, textured area below an uneven line, sometimes with posts."""
    start = HEIGHT * rng.uniform(0.5, 0.95)
    steps = rng.standard_normal(WIDTH) * rng.uniform(0.3, 1.8)
    if rng.random() < 0.4:
        steps = np.where(rng.random(WIDTH) < 0.03, rng.standard_normal(WIDTH) * 25, 0)
    line = start + np.cumsum(steps - steps.mean())
    mask = (np.arange(HEIGHT)[:, None] > line[None]).astype(np.float32)
    for _ in range(rng.integers(0, 4) if rng.random() < 0.4 else 0):
        x, width = int(rng.integers(0, WIDTH)), int(rng.integers(1, 7))
        mask[int(max(0, start - rng.uniform(20, 220))) :, x : x + width] = 1
    mask = cv2.GaussianBlur(mask, (0, 0), rng.uniform(0.4, 1.5))[..., None]
    grain = np.zeros((HEIGHT, WIDTH), np.float32)
    for fineness in (2, 5, 14):
        size = WIDTH // fineness, HEIGHT // fineness
        grain += cv2.resize(rng.standard_normal(size[::-1]).astype(np.float32), (WIDTH, HEIGHT)) * rng.uniform(0, 18)
    return picture * (1 - mask) + (rng.uniform(15, 120, 3) + grain[..., None]) * mask


def add_lines(picture, rng) -> None:
    """Twigs, wires and their crossings."""
    for _ in range(rng.integers(1, 12)):
        start = rng.uniform(0, 1, 2) * [WIDTH, HEIGHT]
        end = start + rng.normal(0, 160, 2)
        level = float(rng.uniform(10, 120))
        points = tuple(start.astype(int).tolist()), tuple(end.astype(int).tolist())
        cv2.line(picture, *points, [level] * 3, int(rng.integers(1, 5)), cv2.LINE_AA)
