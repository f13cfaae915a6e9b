/** Options of a camera driver, for the parameters of a node: driver, source of positions, and their own options. */
import { type Static, Type, WindhoverError } from '../runtime/node.ts';
import { OctagonOptions } from './octagon/options.ts';
import { OnvifOptions } from './onvif/options.ts';

const choice = <T extends string>(names: readonly T[], byDefault: T, description: string) =>
  Type.Union(
    names.map((name) => Type.Literal(name)),
    { default: byDefault, description },
  );

/** To be spread into the properties of a node's parameter schema. */
export const driverParams = {
  driver: choice(
    ['none', 'sim', 'onvif', 'octagon'],
    'none',
    'How the camera is moved. none: not at all; sim: motors in this process; onvif and octagon have their own options.',
  ),
  position: choice(
    ['same', 'octagon', 'none'],
    'same',
    'Where the position of the camera comes from: the driver itself, Octagon beside another driver, or none.',
  ),
  onvif: Type.Optional({ ...OnvifOptions, description: 'The camera over ONVIF, with driver: onvif.' }),
  octagon: Type.Optional({
    ...OctagonOptions,
    description: 'The head over Octagon, with driver: octagon or position: octagon.',
  }),
};

export const DriverOptions = Type.Object(driverParams, { additionalProperties: false });
export type DriverOptions = Static<typeof DriverOptions>;

/**
 * What the schema can't say: that the options of the chosen driver and position source are there, and no others.
 * @throws WindhoverError `ptz_options`
 */
export function checkDriverOptions({ driver, position, onvif, octagon }: DriverOptions): void {
  const used = new Set<string>([driver, position]);
  for (const [name, section] of [
    ['onvif', onvif],
    ['octagon', octagon],
  ] as const) {
    if (used.has(name) && section === undefined)
      throw wrong(name, `\`${name}\` needs its options`, `a section ${name}: { url: … }`);
    if (!used.has(name) && section !== undefined) {
      throw wrong(
        name,
        `the section ${name} is not used`,
        `driver: ${name}${name === 'octagon' ? ' or position: octagon' : ''}`,
      );
    }
  }
  if (position === 'octagon' && driver === 'octagon')
    throw wrong('position', 'octagon has its own position', 'position: same');
}

function wrong(option: string, what: string, expected: string): WindhoverError {
  return new WindhoverError('ptz_options', what, { option, expected });
}
