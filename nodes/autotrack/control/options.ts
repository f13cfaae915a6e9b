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
    description: 'Largest magnification of the lens (30 for "30x"), from its data sheet. 1: the zoom is not used.',
  }),
  fill: Type.Number({
    default: 0.2,
    minimum: 0.01,
    maximum: 0.8,
    live: true,
    description: 'Zoom so that the longer side of the target takes this share of the frame.',
  }),
  fill_tolerance: Type.Number({
    default: 1.25,
    minimum: 1.02,
    maximum: 4,
    live: true,
    description: 'Zooming starts when the target is this many times larger or smaller than `fill` asks for.',
  }),
  dead_zone: Type.Number({
    default: 0.06,
    ...share,
    live: true,
    description:
      'A camera at rest does not move while the target is within this share of the frame width from the centre.',
  }),
  max_speed: Type.Number({
    default: 1,
    minimum: 0.01,
    maximum: 1,
    live: true,
    description: 'Largest velocity command, as a share of full speed.',
  }),
  max_change_per_s: Type.Number({
    default: 20,
    minimum: 0.1,
    maximum: 1000,
    live: true,
    description: 'Fastest change of the velocity command, in full speeds per second.',
  }),
  commands_per_s: Type.Number({
    default: 10,
    minimum: 0.5,
    maximum: 10,
    live: true,
    description: 'Most commands a second.',
  }),
  lease_s: Type.Number({
    default: 1,
    minimum: 0.2,
    maximum: 1,
    live: true,
    description: 'A velocity command is valid for this long; it is renewed while the camera must move on.',
  }),
  coast_s: Type.Number({
    default: 1,
    minimum: 0,
    maximum: 10,
    live: true,
    description: 'An unseen target is followed along its predicted path for this long; then the camera stops.',
  }),
  invert_pan: Type.Boolean({
    default: false,
    description: 'Pan turns the picture the other way. Only for pictures by which that cannot be seen.',
  }),
  invert_tilt: Type.Boolean({
    default: false,
    description: 'Tilt turns the picture the other way. Only for pictures by which that cannot be seen.',
  }),
});

export type ControlOptions = Static<typeof controlOptions>;
