/** One try to play a session's MP4 without end by Media Source. Its positions are media time. */
import type { Playing } from './playing.ts';

/** Further behind the newest picture, what lies between is left out. */
const MOST_BEHIND_S = 1;
const START_BEHIND_S = 0.15;
const [KEEP_S, FORGET_AFTER_S] = [10, 30];

/** @throws Error that says in words why there is no picture */
export async function openMedia({ video, url, headers, started, lost }: Playing) {
  const ending = new AbortController();
  const answer = await fetch(url, { headers, signal: ending.signal });
  const reader = answer.body?.getReader();
  if (!answer.ok || !reader) throw new Error(`the video server answers ${answer.status}`);
  const source = new MediaSource();
  video.srcObject = null;
  video.src = URL.createObjectURL(source);
  await heard(source, 'sourceopen');
  const buffer = source.addSourceBuffer(answer.headers.get('content-type') ?? '');
  const pump = async () => {
    for (let { value } = await reader.read(); value; { value } = await reader.read()) {
      buffer.appendBuffer(value);
      await heard(buffer, 'updateend');
      if (follow(video)) started();
      if (video.buffered.length === 0 || video.currentTime - video.buffered.start(0) < FORGET_AFTER_S) continue;
      buffer.remove(0, video.currentTime - KEEP_S);
      await heard(buffer, 'updateend');
    }
    lost('the video has ended');
  };
  pump().catch((error) => lost(String(error)));
  return { receiver: undefined, end: () => ending.abort() };
}

/** Stays near the newest picture. A stream begins at its media time, and may pause. @returns whether there is a picture */
function follow(video: HTMLVideoElement): boolean {
  const { buffered } = video;
  const last = buffered.length - 1;
  if (last < 0) return false;
  const newestS = buffered.end(last);
  const isFar = newestS - video.currentTime > MOST_BEHIND_S || video.currentTime < buffered.start(last);
  if (isFar) video.currentTime = Math.max(buffered.start(last), newestS - START_BEHIND_S);
  return true;
}

function heard(target: EventTarget, type: string): Promise<unknown> {
  return new Promise((resolve) => target.addEventListener(type, resolve, { once: true }));
}
