/** Pictures of what the page shows: by whoever runs the browser, or by the browser's own screen capture. */
import type { Pixels } from './measure.ts';

declare global {
  /** Gives a PNG of the visible page, in base64. A program that runs the browser puts it there. */
  var windhoverGrab: (() => Promise<string>) | undefined;
}

export async function screenGrab(): Promise<() => Promise<Pixels>> {
  const grab = globalThis.windhoverGrab ? grabByDriver : await captureTab();
  return async () => pixelsOf(await grab());
}

/** A picture of this tab, by the browser's own screen capture: it asks once. */
async function captureTab(): Promise<() => Promise<Blob>> {
  const options = {
    video: { frameRate: 10, width: innerWidth * devicePixelRatio, height: innerHeight * devicePixelRatio },
  };
  const stream = await navigator.mediaDevices.getDisplayMedia({
    ...options,
    preferCurrentTab: true,
  } as DisplayMediaStreamOptions);
  const screen = document.createElement('video');
  screen.srcObject = stream;
  await screen.play();
  return async () => {
    await new Promise((resolve) => setTimeout(resolve, 500));
    const canvas = new OffscreenCanvas(screen.videoWidth, screen.videoHeight);
    canvas.getContext('2d')?.drawImage(screen, 0, 0);
    return canvas.convertToBlob();
  };
}

async function grabByDriver(): Promise<Blob> {
  const base64 = (await globalThis.windhoverGrab?.()) ?? '';
  return new Blob([Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))], { type: 'image/png' });
}

async function pixelsOf(picture: Blob): Promise<Pixels> {
  const bitmap = await createImageBitmap(picture);
  const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
  if (!context) throw new Error('this browser gives no 2d canvas');
  context.drawImage(bitmap, 0, 0);
  return context.getImageData(0, 0, bitmap.width, bitmap.height);
}
