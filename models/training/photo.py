"""What a camera, its operator and an encoder do to a picture: exposure, colours, blur, grain, compression, haze."""

import cv2
import numpy as np

LEVELS = np.arange(256) / 255.0


def develop(picture: np.ndarray, noise: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Returns the BGR picture as another camera might have seen it. `noise`: standard normal, at least as large."""
    if rng.random() < 0.85:
        picture = cv2.LUT(picture, tone_curve(rng))
    draw = rng.random()
    if draw < 0.45:
        picture = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    elif draw < 0.6:
        picture = turn_hue(picture, rng)
    draw = rng.random()
    if draw < 0.12:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.4, 1.3))
    elif draw < 0.2:
        picture = lose_detail(picture, rng.uniform(0.45, 0.85))
    elif draw < 0.28:
        picture = cv2.addWeighted(picture, 1.6, cv2.GaussianBlur(picture, (0, 0), 1.2), -0.6, 0)
    if rng.random() < 0.2:
        picture = add_grain(picture, noise, rng)
    if rng.random() < 0.15:
        quality = int(rng.uniform(25, 85))
        picture = cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)
    if rng.random() < 0.06:
        thickness = rng.uniform(0.2, 0.6)
        picture = cv2.addWeighted(picture, 1 - thickness, np.full_like(picture, int(rng.uniform(140, 240))), thickness, 0)
    return picture


def tone_curve(rng) -> np.ndarray:
    """Gamma, contrast, brightness, white balance; now and then a negative, as thermal cameras show heat in black."""
    curve = (LEVELS ** np.exp(rng.uniform(-0.5, 0.5)) - 0.5) * rng.uniform(0.6, 1.4) * 255 + 128 + rng.uniform(-35, 35)
    if rng.random() < 0.05:
        curve = 255 - curve
    balance = 1 + rng.uniform(-0.25, 0.25, 3) if rng.random() < 0.6 else np.ones(3)
    return np.clip(curve[:, None] * balance, 0, 255).astype(np.uint8)[None]


def turn_hue(picture: np.ndarray, rng) -> np.ndarray:
    hsv = cv2.cvtColor(picture, cv2.COLOR_BGR2HSV)
    hue = ((np.arange(256) + rng.integers(-60, 61)) % 180).astype(np.uint8)
    saturation = np.clip(np.arange(256) * rng.uniform(0.3, 1.5), 0, 255).astype(np.uint8)
    curves = np.stack([hue, saturation, np.arange(256, dtype=np.uint8)], -1)[None]
    return cv2.cvtColor(cv2.LUT(hsv, curves), cv2.COLOR_HSV2BGR)


def lose_detail(picture: np.ndarray, share: float) -> np.ndarray:
    height, width = picture.shape[:2]
    small = cv2.resize(picture, (max(8, int(width * share)), max(8, int(height * share))), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (width, height))


def add_grain(picture: np.ndarray, noise: np.ndarray, rng) -> np.ndarray:
    height, width = picture.shape[:2]
    x, y = (int(rng.integers(0, limit)) for limit in (noise.shape[1] - width + 1, noise.shape[0] - height + 1))
    grain = noise[y : y + height, x : x + width, None] * np.float32(rng.uniform(2, 10))
    return np.clip(picture + grain, 0, 255).astype(np.uint8)
