"""Contrails: an airplane too far away to be seen draws a line, and flies at the sharp end of it.

The labels of the data set take that end for the airplane, with more or less of the line behind it. Here the box is a square
about the head, so that a camera centres the airplane and not its trail. A line that only passes through, or fades at its old
end, is no object; both are shown.
"""

from dataclasses import dataclass

import numpy as np

#: Grey levels by which the line stands out near its head, at least.
LEAST_CONTRAST = 16.0
#: Side of a head's box: so many pixels and widths of the line; its middle is behind the head by this share of the side.
BOX_PX, BOX_WIDTHS, BOX_BEHIND = 14.0, 5.0, 0.3
#: How many times smaller all of it may be, as from further away.
FURTHEST = 3.0
BRIGHT, DARK = (185.0, 255.0), (40.0, 110.0)


@dataclass(frozen=True)
class Line:
    head: np.ndarray
    """Pixels, x and y."""
    direction: np.ndarray
    """Unit vector from the head back."""
    width_px: float
    """What is seen of the line near its head, across."""
    apart_px: float
    """Between the trails of two engines; 0: one trail."""
    spread: float
    """How much wider it gets, per pixel along."""
    fade_px: float
    gap_px: float
    """Clear sky between the airplane and its trail."""
    box_px: float
    """Side of the box of its head."""


def draw_contrail(picture: np.ndarray, rng: np.random.Generator, headed: bool) -> list[float] | None:
    """
    Draws one into a BGR picture of bytes, in place. Returns the tight corners of its head; None when it is not `headed`, or
    would be too faint, and then nothing is drawn.
    """
    line = choose_line(picture.shape[1], picture.shape[0], rng, headed)
    opacity = opacity_of(line, picture.shape[1], picture.shape[0], rng) * rng.uniform(0.2, 1)
    color = color_of(rng)
    below = picture.astype(np.float32)
    corners = box_of(line)
    if headed:
        x0, y0, x1, y1 = np.round(corners).astype(int)
        part = slice(max(0, y0), max(0, y1)), slice(max(0, x0), max(0, x1))
        change = np.abs(color - below[part]).max(-1) * opacity[part]
        if change.size == 0 or change.max() < LEAST_CONTRAST:
            return None
    picture[:] = below + (color - below) * opacity[..., None]
    if headed and rng.random() < 0.5:
        draw_airplane(picture, line, rng)
    return corners if headed else None


def choose_line(width: int, height: int, rng: np.random.Generator, headed: bool) -> Line:
    angle = rng.uniform(0, 2 * np.pi)
    direction = np.array([np.cos(angle), np.sin(angle)])
    through = rng.uniform(0.08, 0.92, 2) * [width, height]
    seen_px = float(np.exp(rng.uniform(np.log(1.5), np.log(8))))
    far = float(np.exp(rng.uniform(-np.log(FURTHEST), 0))) if rng.random() < 0.5 else 1.0
    box_px = far * (BOX_PX + BOX_WIDTHS * seen_px)
    seen_px *= far
    two = rng.random() < 0.35
    return Line(
        head=through if headed else through - direction * (width + height),
        direction=direction,
        width_px=seen_px,
        apart_px=0.6 * seen_px if two else 0.0,
        spread=rng.uniform(0, 0.02),
        fade_px=far * float(np.exp(rng.uniform(np.log(40), np.log(2000)))) + (0 if headed else width + height),
        gap_px=far * rng.uniform(1, 6) if rng.random() < 0.35 else 0.0,
        box_px=box_px,
    )


def opacity_of(line: Line, width: int, height: int, rng: np.random.Generator) -> np.ndarray:
    """[height, width], from 0 to 1: sharp at the head, wider, fainter and lumpy further back."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    x, y = x - line.head[0], y - line.head[1]
    along = x * line.direction[0] + y * line.direction[1] - line.gap_px
    across = np.abs(x * -line.direction[1] + y * line.direction[0])
    if line.apart_px:
        across = np.abs(across - line.apart_px / 2)
    back = np.maximum(along, 0)
    sigma = np.maximum(0.45, (line.width_px - line.apart_px) / 2.5) * (1 + line.spread * back)
    lumps = np.interp(back, np.linspace(0, width + height, 40), rng.uniform(0.7, 1, 40))
    start = np.clip(along / max(1.0, line.width_px) + 0.5, 0, 1)
    return (np.exp(-0.5 * (across / sigma) ** 2) * np.exp(-back / line.fade_px) * start * lumps).astype(np.float32)


def color_of(rng: np.random.Generator) -> np.ndarray:
    """White, dark against the light, or lit by a low sun (BGR)."""
    draw = rng.random()
    if draw < 0.72:
        return rng.uniform(*BRIGHT) + rng.uniform(-8, 8, 3)
    if draw < 0.82:
        return rng.uniform(*DARK) + rng.uniform(-8, 8, 3)
    return np.array([rng.uniform(90, 180), rng.uniform(120, 200), rng.uniform(200, 255)])


def box_of(line: Line) -> list[float]:
    middle = line.head + line.direction * (BOX_BEHIND * line.box_px + line.gap_px / 2)
    return [*(middle - line.box_px / 2).tolist(), *(middle + line.box_px / 2).tolist()]


def draw_airplane(picture: np.ndarray, line: Line, rng: np.random.Generator) -> None:
    """A dot at the head, lighter or darker than the sky."""
    radius = max(0.7, 0.5 * line.width_px * rng.uniform(0.6, 1.2))
    height, width = picture.shape[:2]
    x, y = line.head - line.direction * radius * 0.5
    y0, y1 = max(0, int(y - 3 * radius) - 1), min(height, int(y + 3 * radius) + 2)
    x0, x1 = max(0, int(x - 3 * radius) - 1), min(width, int(x + 3 * radius) + 2)
    rows, columns = np.mgrid[y0:y1, x0:x1].astype(np.float32)
    dot = np.exp(-0.5 * ((columns - x) ** 2 + (rows - y) ** 2) / (0.6 * radius) ** 2)[..., None]
    part = picture[y0:y1, x0:x1]
    color = rng.uniform(*(BRIGHT if rng.random() < 0.5 else DARK))
    part[:] = part + (color - part) * dot
