/** Settings of the controller. All times are seconds or milliseconds, all lengths shares of the frame width. */
import { type Static, Type } from '../../../runtime/node.ts';

const share = { minimum: 0, maximum: 1 };

export const controlOptions = Type.Object({
  hfov_deg: Type.Number({
    default: 60,
    minimum: 0.5,
    maximum: 170,
    description: 'Horizontal field of view of the camera at its widest, in degrees.',
  }),
  max_zoom: Type.Number({
    default: 1,
    minimum: 1,
    maximum: 200,
    description: 'Largest magnification of the lens (30 for "30x"), as its data sheet says. 1: zoom is left alone.',
  }),
  fill: Type.Number({
    default: 0.2,
    minimum: 0.01,
    maximum: 0.8,
    description: 'Share of the frame that the longer side of the target is to take, by zooming.',
  }),
  fill_tolerance: Type.Number({
    default: 1.25,
    minimum: 1.02,
    maximum: 4,
    description: 'Zooming starts when the target is this many times larger or smaller than `fill` asks for.',
  }),
  dead_zone: Type.Number({
    default: 0.06,
    ...share,
    description: 'A camera at rest stays so while the target is within this share of the frame width of the centre.',
  }),
  max_speed: Type.Number({
    default: 1,
    minimum: 0.01,
    maximum: 1,
    description: 'Largest velocity command, as a share of full speed.',
  }),
  max_change_per_s: Type.Number({
    default: 20,
    minimum: 0.1,
    maximum: 1000,
    description: 'Fastest change of the velocity command, in full speeds per second.',
  }),
  commands_per_s: Type.Number({
    default: 10,
    minimum: 0.5,
    maximum: 10,
    description: 'Most commands a second.',
  }),
  lease_s: Type.Number({
    default: 1,
    minimum: 0.2,
    maximum: 1,
    description: 'A velocity command holds for this long; it is renewed in time while the camera is to move on.',
  }),
  coast_s: Type.Number({
    default: 1,
    minimum: 0,
    maximum: 10,
    description: 'An unseen target is followed where it should be for this long, then the camera stops.',
  }),
  invert_pan: Type.Boolean({ default: false, description: 'Send pan commands with the sign turned.' }),
  invert_tilt: Type.Boolean({ default: false, description: 'Send tilt commands with the sign turned.' }),
});

export type ControlOptions = Static<typeof controlOptions>;
