"""Objects cut out of their sky, and pasted onto another one.

The class of an object must be learnt from the object, not from the sky behind it: in the data set nearly all drones fly in
front of three blue skies. So objects are cut out with a soft matte (how far a pixel is from the sky that its surroundings
let one expect) and every class is pasted onto every background.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from clips import loosen

#: A surrounding rougher than this (standard deviation of its grey levels) gives no clean matte.
ROUGHEST = 11.0
LARGEST_PX = 240


@dataclass(frozen=True)
class Cutout:
    kind: int
    scene: str
    difference: np.ndarray
    """How the object differs from its sky, [h, w, 3], half floats in grey levels."""
    matte: np.ndarray
    """Opacity, [h, w], half floats from 0 to 1."""
    sky: np.ndarray
    """Mean colour of the sky that was there."""
    tight: tuple[float, float, float, float]
    """Corners of what is visible, in pixels of the cutout."""
    thermal: bool


def cut_out(picture: np.ndarray, tight: np.ndarray, kind: int, scene: str, thermal: bool) -> Cutout | None:
    """Cuts the object in the tight box out of a BGR picture; None when its surroundings are too rough."""
    x0, y0, x1, y1 = np.round(loosen(tight[None])[0] + [-4, -4, 4, 4]).astype(int)
    height, width = picture.shape[:2]
    if x0 < 0 or y0 < 0 or x1 > width or y1 > height or max(x1 - x0, y1 - y0) > LARGEST_PX:
        return None
    patch = picture[y0:y1, x0:x1].astype(np.float32)
    sky, roughness = expected_sky(patch)
    if roughness > ROUGHEST:
        return None
    difference = patch - sky
    distance = cv2.GaussianBlur(np.abs(difference).max(-1), (3, 3), 0.5)
    matte = np.clip((distance - 3 * roughness - 3) / 18, 0, 1)
    extent = visible_extent(matte, tight - [x0, y0, x0, y0])
    if extent is None:
        return None
    return Cutout(
        kind,
        scene,
        difference.astype(np.float16),
        matte.astype(np.float16),
        sky.mean((0, 1)),
        extent,
        thermal,
    )


def expected_sky(patch: np.ndarray) -> tuple[np.ndarray, float]:
    """What would be seen without the object, from the patch's rim, and how far the rim is from that on average."""
    height, width = patch.shape[:2]
    top, bottom = patch[:2].mean(0), patch[-2:].mean(0)
    left, right = patch[:, :2].mean(1), patch[:, -2:].mean(1)
    smooth = max(3, (width // 3) | 1), max(3, (height // 3) | 1)
    top, bottom = (cv2.blur(one[None], (smooth[0], 1))[0] for one in (top, bottom))
    left, right = (cv2.blur(one[:, None], (1, smooth[1]))[:, 0] for one in (left, right))
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    along = np.linspace(0, 1, width, dtype=np.float32)[None, :, None]
    vertical = top[None] * (1 - down) + bottom[None] * down
    horizontal = left[:, None] * (1 - along) + right[:, None] * along
    sky = (vertical + horizontal) / 2
    rim = np.concatenate([(patch - sky)[0], (patch - sky)[-1], (patch - sky)[:, 0], (patch - sky)[:, -1]])
    return sky, float(rim.std(0).mean())


def visible_extent(matte: np.ndarray, tight: np.ndarray) -> tuple[float, float, float, float] | None:
    """Corners around the opaque blobs that touch the tight box; None when there is none, or it fills the patch."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((matte > 0.35).astype(np.uint8))
    x0, y0 = np.maximum(np.floor(tight[:2]).astype(int), 0)
    x1, y1 = np.ceil(tight[2:]).astype(int)
    inside = np.unique(labels[y0:y1, x0:x1])
    kept = [one for one in inside if one != 0 and stats[one, cv2.CC_STAT_AREA] >= 3]
    if not kept or count > 40:
        return None
    left = min(stats[one, cv2.CC_STAT_LEFT] for one in kept)
    top = min(stats[one, cv2.CC_STAT_TOP] for one in kept)
    right = max(stats[one, cv2.CC_STAT_LEFT] + stats[one, cv2.CC_STAT_WIDTH] for one in kept)
    bottom = max(stats[one, cv2.CC_STAT_TOP] + stats[one, cv2.CC_STAT_HEIGHT] for one in kept)
    height, width = matte.shape
    if left == 0 or top == 0 or right == width or bottom == height:
        return None
    return float(left), float(top), float(right), float(bottom)


def erase(picture: np.ndarray, tight: np.ndarray, noise: np.ndarray) -> bool:
    """Paints the sky over an object, in place; False (and nothing done) when its surroundings are too rough."""
    height, width = picture.shape[:2]
    x0, y0, x1, y1 = np.round(loosen(tight[None])[0] + [-4, -4, 4, 4]).astype(int)
    x0, y0, x1, y1 = max(x0, 0), max(y0, 0), min(x1, width), min(y1, height)
    if x1 - x0 < 8 or y1 - y0 < 8:
        return False
    sky, roughness = expected_sky(picture[y0:y1, x0:x1].astype(np.float32))
    if roughness > ROUGHEST:
        return False
    grain = noise[: y1 - y0, : x1 - x0, None] * min(roughness, 4.0)
    picture[y0:y1, x0:x1] = np.clip(sky + grain, 0, 255)
    return True


def paste(picture: np.ndarray, cutout: Cutout, side_px: float, taken: list, rng: np.random.Generator):
    """
    Pastes the object so that the longer side of what is visible is `side_px`, clear of the boxes in `taken`.
    Returns its tight corners in the picture, or None when it found no place or could hardly be seen there.
    """
    height, width = picture.shape[:2]
    left, top, right, bottom = cutout.tight
    scale = side_px / max(right - left, bottom - top)
    h, w = (max(4, round(side * scale)) for side in cutout.matte.shape)
    if w >= width - 2 or h >= height - 2:
        return None
    x, y = int(rng.integers(0, width - w)), int(rng.integers(0, height - h))
    if any(x < one[2] and x + w > one[0] and y < one[3] and y + h > one[1] for one in taken):
        return None
    shrinks = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    difference = cv2.resize(cutout.difference.astype(np.float32), (w, h), interpolation=shrinks)
    matte = cv2.resize(cutout.matte.astype(np.float32), (w, h), interpolation=shrinks)
    sx, sy = w / cutout.matte.shape[1], h / cutout.matte.shape[0]
    box = [left * sx, top * sy, right * sx, bottom * sy]
    if rng.random() < 0.5:
        difference, matte = difference[:, ::-1], matte[:, ::-1]
        box[0], box[2] = w - box[2], w - box[0]
    below = picture[y : y + h, x : x + w].astype(np.float32)
    color = np.clip(object_color(cutout, difference, matte, below, rng), 0, 255)
    opacity = matte[..., None]
    if (np.abs(color - below).max(-1) * matte).max() < 14:
        return None
    picture[y : y + h, x : x + w] = below + (color - below) * opacity
    return [box[0] + x, box[1] + y, box[2] + x, box[3] + y]


def object_color(cutout, difference, matte, below, rng) -> np.ndarray:
    """The object's colours in its new place: as far from the sky as it was, or its own, or turned round (heat, sun)."""
    gain = rng.uniform(0.6, 1.35)
    draw = rng.random()
    if draw < (0.4 if cutout.thermal else 0.12):
        difference = -difference
    if draw > 0.45:
        return below.mean((0, 1)) + difference * gain
    own = cutout.sky + difference / np.maximum(matte, 0.3)[..., None]
    if rng.random() < 0.4:
        # A drone may have any colour; its shape is what counts.
        own = own.mean(-1, keepdims=True) * 0.5 + rng.uniform(0, 255, 3) * rng.uniform(0.2, 0.5)
    return own * rng.uniform(0.6, 1.3)
