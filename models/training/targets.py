"""What the network is to learn of a picture: target rows, and whether an object can be seen at all."""

import numpy as np

from clips import loosen

#: Rows of a target: class (-1: leave out of the loss, -2: no object), loose corners, weight of the class loss.
TARGETS = 12
NO_OBJECT, IGNORED = -2, -1
SMALLEST_PX = 1.6
#: Smaller than this, nobody can tell what it is that flies.
LEAST_CLASS_PX = 4.0
#: Grey levels by which an object must stand out at least.
LEAST_CONTRAST = 9.0
#: Share of a box's rim that a line leading out of it may take, and what noise may add to the range of grey levels.
CROSSED, NOISE_LEVELS = 0.2, 12.0


def place_in(kind: int, tight: np.ndarray, width: int, height: int, weight: float) -> list[float] | None:
    """Target row of an object in a tile; mostly hidden and too small ones are left out of the loss."""
    x0, y0, x1, y1 = loosen(tight[None])[0]
    area = (x1 - x0) * (y1 - y0)
    x0, y0, x1, y1 = max(x0, 0), max(y0, 0), min(x1, width), min(y1, height)
    if x1 - x0 < 1 or y1 - y0 < 1:
        return None
    seen = (x1 - x0) * (y1 - y0) / area
    side_px = max(tight[2] - tight[0], tight[3] - tight[1])
    if seen < 0.5 or side_px < SMALLEST_PX * 0.9:
        kind = IGNORED
    if seen < 0.03:
        return None
    return [kind, x0, y0, x1, y1, weight if side_px >= LEAST_CLASS_PX else 0.2 * weight]


def contrast(picture: np.ndarray, tight: np.ndarray, crossed: bool = True) -> float:
    """
    Range of grey levels in a box, less what lies around it: a measure of whether an object can be seen. `crossed`: a line
    that leads out of the box does not count as what lies around it, but the object has to stand out from noise then.
    """
    x0, y0, x1, y1 = np.round(tight + [-3, -3, 3, 3]).astype(int)
    part = picture[max(0, y0) : y1, max(0, x0) : x1].mean(-1)
    if part.size < 4:
        return 0.0
    rim = np.concatenate([part[0], part[-1], part[:, 0], part[:, -1]])
    clear = float(max(rim.min() - part.min(), part.max() - rim.max()))
    if not crossed:
        return clear
    low, high = np.quantile(rim, (CROSSED, 1 - CROSSED))
    return max(clear, float(max(low - part.min(), part.max() - high)) - NOISE_LEVELS)


def overlap(a: list[float], b: list[float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
