/**
 * `bun run bench page`: how well boxes and picture go together in a browser, and what viewers cost. In a Chromium without
 * a window, on this machine.
 *
 *     --only TEXT    parts whose name holds that text: frames, latency, drawing, viewers
 *     --seconds N    how long each is measured, 20 by default
 *     --model NAME   detector of "latency"; the shipped default
 *
 * frames: a clip with a burned-in frame counter, played through WHEP. The number in each displayed frame is read from its
 * pixels, and set against the frame that the drawn box belongs to, for each clock.
 * latency: from a frame that the browser has decoded to its box, with a real detector.
 * drawing: how often the page is drawn with 50 tracks, and what the overlay takes of it.
 * viewers: what two viewers cost the pipeline, with picture and without.
 */

import { quantile } from '../test/live/peers.ts';
import { Folder, SKY } from '../test/support/graphs.ts';
import { benchOptions } from './options.ts';
import type { Drawing, Sample } from './page/figures.ts';
import { counterNodes, Pipeline, ProbePage } from './page/pipeline.ts';
import { viewerCosts } from './page/viewer-cost.ts';

const values = benchOptions({
  only: '',
  seconds: 20,
  model: 'default',
});
const seconds = values.seconds;
const FRAME_MS = 40;
const LONGEST_BOX_MS = 100;
/** Share of the frames whose box is theirs or a neighbour's, or how far off the box may be in 95 of 100. */
const WANTED = { rtp: { share: 0.99 }, capture: { share: 0.95 }, playout: { p95Ms: 50 } } as const;
const TRACKS = 50;
const ROUNDS = 3;
/** Share of the pipeline's frame rate. */
const MOST_COST = { picture: 0.03, ticks: 0.01 } as const;

using folder = new Folder();
const parts = { frames, latency, drawing, viewers };
for (const [name, part] of Object.entries(parts)) if (name.includes(values.only)) await part();
process.exit(0);

async function frames(): Promise<void> {
  await using pipeline = await Pipeline.start(folder, await counterNodes(folder));
  await using browser = await ProbePage.open(pipeline.url);
  console.log('frame of the drawn box less displayed frame, by clock');
  for (const [clock, wanted] of Object.entries(WANTED)) {
    const samples = await browser.call<Sample[]>('watch', { session: pipeline.session, seconds, clock });
    const lags = samples.flatMap(({ shownFrame, boxFrame }) =>
      shownFrame === null || boxFrame === null ? [] : [boxFrame - shownFrame],
    );
    const unread = samples.filter(({ shownFrame }) => shownFrame === null).length;
    const bare = samples.filter(({ boxFrame }) => boxFrame === null).length;
    const near = lags.filter((lag) => Math.abs(Math.round(lag)) <= 1).length / samples.length;
    const p95Ms = quantile(lags.map(Math.abs), 0.95) * FRAME_MS;
    const holds = 'share' in wanted ? near >= wanted.share : p95Ms <= wanted.p95Ms;
    console.log(
      `  ${clock.padEnd(8)} ${samples.length} frames, ${percent(near)} within 1; p95 ${p95Ms.toFixed(0)} ms${holds ? '' : '  DOES NOT HOLD'}; ${spread(lags)}; ${unread} unreadable, ${bare} without a box`,
    );
    if (clock === 'rtp') console.log(`           no detector: ${boxKnown(samples)}`);
  }
}

async function latency(): Promise<void> {
  await using pipeline = await Pipeline.start(folder, detectorNodes());
  await using browser = await ProbePage.open(pipeline.url);
  const samples = await browser.call<Sample[]>('watch', { session: pipeline.session, seconds });
  console.log(`detector ${values.model}: ${boxKnown(samples)}`);
}

async function drawing(): Promise<void> {
  await using pipeline = await Pipeline.start(folder, await counterNodes(folder, TRACKS));
  await using browser = await ProbePage.open(pipeline.url);
  const found = await browser.call<Drawing>('draw', { session: pipeline.session, seconds });
  const [bare, fps, everyTurn] = [found.bareFps, found.fps, found.everyTurnFps].map((each) => each.toFixed(1));
  const [p50, p95] = [quantile(found.drawMs, 0.5), quantile(found.drawMs, 0.95)].map((ms) => ms.toFixed(2));
  console.log(
    `${found.tracks} tracks at 25 fps, 1280 × 720, software renderer: the page is drawn ${fps} times a second`,
  );
  console.log(
    `  ${bare} without boxes, ${everyTurn} with boxes drawn anew each time; they take p50 ${p50} ms, p95 ${p95} ms`,
  );
}

async function viewers(): Promise<void> {
  await costOfViewers(`detector ${values.model}, as fast as it can`, detectorNodes());
  await costOfViewers('no detector, 25 frames/s', await counterNodes(folder));
}

async function costOfViewers(what: string, nodes: Readonly<Record<string, string>>): Promise<void> {
  await using pipeline = await Pipeline.start(folder, nodes);
  console.log(`two viewers beside ${what}`);
  for (const { kind, rateShare, coreShare, aloneFps, aloneCores } of await viewerCosts(pipeline, ROUNDS, seconds / 2)) {
    const holds = rateShare <= MOST_COST[kind] ? '' : '  DOES NOT HOLD';
    const alone = `${Math.min(...aloneFps).toFixed(1)} to ${Math.max(...aloneFps).toFixed(1)} frames/s`;
    console.log(
      `  ${kind.padEnd(8)} ${percent(rateShare)} of the frame rate, ${percent(coreShare)} of a core (${alone} and ${percent(aloneCores)} of a core without)${holds}`,
    );
  }
}

function detectorNodes(): Record<string, string> {
  return {
    source: `{ use: source, with: { url: ${SKY}, pace: realtime, loop: true } }`,
    decode: '{ use: decode, from: source }',
    detect: `{ use: detect, from: decode, with: { model: ${values.model} } }`,
    track: '{ use: track, from: detect }',
    publish: '{ use: publish, from: track, with: { hz: 100 } }',
  };
}

function boxKnown(samples: readonly Sample[]): string {
  const known = samples.flatMap(({ boxKnownMs }) => (boxKnownMs === null ? [] : [boxKnownMs]));
  const [p50, p95] = [quantile(known, 0.5), quantile(known, 0.95)];
  const holds = p95 <= LONGEST_BOX_MS ? '' : '  DOES NOT HOLD';
  return `decoded frame to its box p50 ${p50.toFixed(0)} ms, p95 ${p95.toFixed(0)} ms (${known.length} of ${samples.length} frames have a tick of their own)${holds}`;
}

/** Whole frames, and how often. */
function spread(lags: readonly number[]): string {
  const counts = new Map<number, number>();
  for (const lag of lags) counts.set(Math.round(lag), (counts.get(Math.round(lag)) ?? 0) + 1);
  const sorted = [...counts].toSorted(([a], [b]) => a - b);
  return sorted.map(([lag, count]) => `${lag}: ${count}`).join(', ');
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
