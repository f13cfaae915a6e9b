/** Parameters of the virtual camera's motors and lens: declared once, with units and defaults. */
import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import type { AxisSpec } from './axis.ts';

function axisSchema(min: number, max: number, maxDegPerS: number, accelDegPerS2: number) {
  return Type.Object(
    {
      min_deg: Type.Number({ default: min, minimum: -180, maximum: 180 }),
      max_deg: Type.Number({ default: max, minimum: -180, maximum: 180 }),
      max_deg_s: Type.Number({ default: maxDegPerS, exclusiveMinimum: 0, maximum: 1000 }),
      accel_deg_s2: Type.Number({ default: accelDegPerS2, exclusiveMinimum: 0, maximum: 10_000 }),
      backlash_deg: Type.Number({ default: 0.05, minimum: 0, maximum: 5, description: 'play in the gear' }),
    },
    { additionalProperties: false, default: {} },
  );
}

export const motorsSchema = Type.Object(
  {
    pan: Type.Object(
      {
        ...axisSchema(-180, 180, 90, 300).properties,
        endless: Type.Boolean({
          default: false,
          description: 'it turns on and on; its range is a whole turn, after which it begins anew',
        }),
      },
      { additionalProperties: false, default: {} },
    ),
    tilt: axisSchema(-20, 90, 60, 240),
    zoom: Type.Object(
      {
        max_x: Type.Number({ default: 20, minimum: 1, maximum: 100, description: 'magnification at the tele end' }),
        full_range_s: Type.Number({ default: 4, minimum: 0.1, maximum: 60, description: 'seconds from wide to tele' }),
      },
      { additionalProperties: false, default: {} },
    ),
    wide_hfov_deg: Type.Number({ default: 60, minimum: 1, maximum: 120, description: 'picture width at zoom 1' }),
    command_delay_ms: Type.Number({ default: 80, minimum: 0, maximum: 5000, description: 'until a motor reacts' }),
  },
  { additionalProperties: false, default: {} },
);

export type Motors = Static<typeof motorsSchema>;

export function defaultMotors(): Motors {
  return Value.Decode(motorsSchema, Value.Default(motorsSchema, {}));
}

/** The three axes; zoom in [0, 1] of its range, at full rate within a quarter of a second. */
export interface HeadSpec {
  readonly pan: AxisSpec;
  readonly tilt: AxisSpec;
  readonly zoom: AxisSpec;
  /** Pan turns on and on: its positions begin anew at the end of the range. */
  readonly isEndless: boolean;
  readonly commandDelayS: number;
}

export function headSpec(motors: Motors): HeadSpec {
  const angle = (axis: Motors['tilt']): AxisSpec => ({
    min: axis.min_deg,
    max: axis.max_deg,
    maxRate: axis.max_deg_s,
    acceleration: axis.accel_deg_s2,
    backlash: axis.backlash_deg,
  });
  const zoomRate = 1 / motors.zoom.full_range_s;
  return {
    pan: angle(motors.pan),
    tilt: angle(motors.tilt),
    zoom: { min: 0, max: 1, maxRate: zoomRate, acceleration: 4 * zoomRate, backlash: 0 },
    isEndless: motors.pan.endless,
    commandDelayS: motors.command_delay_ms / 1000,
  };
}

/**
 * What the picture's width shows at a zoom position in [0, 1]. Equal steps of the position multiply the magnification
 * equally, which is close to what most zoom lenses report; the renderer's lens is linear in angles, so the field of
 * view is the wide one divided by the magnification.
 */
export function hfovDegAt(motors: Motors, zoom: number): number {
  return motors.wide_hfov_deg / motors.zoom.max_x ** zoom;
}
