/** The target, magnified from the displayed picture, with its box. */
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { OverlayFrame } from '../client/index.ts';
import { shown } from './model.ts';

export const hasLoupe = signal(true);
/** Else the pixels are shown as they are. */
const isSmooth = signal(false);

const MAGNIFIED = 4;
const SIDE = 180;

export function Loupe() {
  const ref = useRef<HTMLCanvasElement>(null);
  const target = shown.value?.boxes.find(({ isTarget }) => isTarget);
  useEffect(() => {
    const frame = shown.value;
    const video = ref.current?.closest('.picture')?.querySelector('video');
    if (ref.current && video && frame && target) draw(ref.current, video, frame, target);
  });
  if (!hasLoupe.value || !target) return null;
  return (
    <figure class="loupe">
      <canvas ref={ref} width={SIDE * 2} height={SIDE * 2} />
      <figcaption>
        {MAGNIFIED}×
        <button type="button" aria-pressed={isSmooth.value} onClick={() => (isSmooth.value = !isSmooth.value)}>
          {isSmooth.value ? 'smooth' : 'pixels'}
        </button>
      </figcaption>
    </figure>
  );
}

function draw(
  canvas: HTMLCanvasElement,
  video: HTMLVideoElement,
  frame: OverlayFrame,
  target: OverlayFrame['boxes'][number],
): void {
  const context = canvas.getContext('2d');
  const { picture } = frame;
  if (!context || video.videoWidth === 0 || picture.w === 0) return;
  const [scaleX, scaleY] = [video.videoWidth / picture.w, video.videoHeight / picture.h];
  // So much of the screen is magnified: more than the target, when it is large.
  const side = Math.max(SIDE / MAGNIFIED, 1.5 * Math.max(target.w, target.h));
  const [left, top] = [target.x + target.w / 2 - side / 2, target.y + target.h / 2 - side / 2];
  const out = canvas.width / side;
  context.imageSmoothingEnabled = isSmooth.value;
  context.fillStyle = '#000';
  context.fillRect(0, 0, canvas.width, canvas.height);
  const from = [(left - picture.x) * scaleX, (top - picture.y) * scaleY, side * scaleX, side * scaleY] as const;
  context.drawImage(video, ...from, 0, 0, canvas.width, canvas.height);
  context.strokeStyle = target.state === 'selected' ? '#33d17a' : '#ff9f1c';
  context.lineWidth = 2;
  context.strokeRect((target.x - left) * out, (target.y - top) * out, target.w * out, target.h * out);
}
