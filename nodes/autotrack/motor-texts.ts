/** What operators are told of the camera's motors. */
import type { TurnAxis } from './control/plant-watch.ts';
import type { Plant } from './control/types.ts';

/** An axis is found to turn the other way. */
export function turnedText(axis: TurnAxis): string {
  const way = axis === 'pan' ? 'left and right' : 'up and down';
  return `${way} are exchanged in the picture: ${axis} commands are turned round (invert_${axis}: true says so from the start)`;
}

/** It may turn the other way. */
export function doubtedText(axis: TurnAxis): string {
  return `the target seems to be driven out of the picture by ${axis}, which moves little until that is certain: if it turns the wrong way, set invert_${axis}: true`;
}

/** For the log. */
export function describe({ pan, tilt }: Plant) {
  return {
    delay_ms: Math.round(pan.delayMs),
    pan_deg_per_s: Math.round(pan.gainPerS * 10) / 10,
    tilt_deg_per_s: Math.round(tilt.gainPerS * 10) / 10,
  };
}
