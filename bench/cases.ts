/**
 * `bun run bench cases [FOLDER] [NAME…]`: small inputs of what users of trackers, cameras and servers reported, each with
 * its right value. Prints what comes of each; fails when one is not right.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Case, runCase } from './cases/case.ts';
import { designCases } from './cases/design.ts';
import { eventCases } from './cases/events.ts';
import { followingCases } from './cases/following.ts';
import { modelCases } from './cases/models.ts';
import { onvifCases } from './cases/onvif.ts';
import { controlCases } from './cases/ptz-control.ts';
import { turnedCases } from './cases/ptz-turned.ts';
import { serverCases } from './cases/server.ts';
import { stampCases } from './cases/stamps.ts';
import { streamCases } from './cases/streams.ts';
import { timeCases } from './cases/time.ts';
import { trackingCases } from './cases/tracking.ts';
import { videoCases } from './cases/video.ts';

/** Where the cases are looked for, beside the repository. */
export const CASES = join(import.meta.dir, '../../shared/cases');

/** All cases of the folder, in its order. */
export function allCases(root: string): Case[] {
  return [
    ...trackingCases(root),
    ...eventCases(root),
    ...modelCases(root),
    ...timeCases(),
    ...stampCases(),
    ...controlCases(),
    ...turnedCases(),
    ...onvifCases(),
    ...followingCases(root),
    ...serverCases(root),
    ...designCases(root),
    ...videoCases(root),
    ...streamCases(root),
  ];
}

/** @returns how many are not right */
async function benchCases([folder = CASES, ...names]: string[]): Promise<number> {
  const root = resolve(folder);
  if (!existsSync(root)) {
    console.error(`no cases: ${root} is not there`);
    return 1;
  }
  const chosen = allCases(root).filter(({ name }) => names.length === 0 || names.some((part) => name.includes(part)));
  const failed: string[] = [];
  for (const each of chosen) {
    const { pass, got } = await runCase(each);
    if (!pass) failed.push(each.name);
    console.log(`${pass ? 'pass' : 'FAIL'}  ${each.name}\n      expected  ${each.expected}\n      got       ${got}`);
  }
  const right = chosen.length - failed.length;
  console.log(`\n${right} of ${chosen.length} cases are right${failed.length > 0 ? '; not right:' : ''}`);
  for (const name of failed) console.log(`  ${name}`);
  return failed.length;
}

if (import.meta.main) process.exit((await benchCases(Bun.argv.slice(2))) > 0 ? 1 : 0);
