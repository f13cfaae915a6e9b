/** What Home Assistant is told of a camera: one device with its entities (MQTT device discovery). Pure. */

export interface Discovered {
  readonly camera: string;
  readonly prefix: string;
  /** Paths of its counts, behind the camera. */
  readonly counts: Iterable<string>;
  /** Its graph steers a camera. */
  readonly steers: boolean;
  /** Whoever may publish at the broker may set targets. */
  readonly obeys: boolean;
}

/** Counts of one camera that become entities. */
const MOST_COUNTS = 50;

/** The topic of the message, below the prefix of Home Assistant; it retains the last one. */
export function discoveryTopic(discoveryPrefix: string, { prefix, camera }: Discovered): string {
  return `${discoveryPrefix}/device/${deviceId(prefix, camera)}/config`;
}

export function discoveryMessage(about: Discovered): object {
  const { camera, prefix } = about;
  const id = deviceId(prefix, camera);
  const components = Object.entries(entities(about)).map(([name, entity]) => {
    return [name, { unique_id: `${id}_${name}`, ...entity }] as const;
  });
  return {
    device: { identifiers: [id], name: camera, manufacturer: 'Windhover', model: 'Camera' },
    origin: { name: 'Windhover' },
    components: Object.fromEntries(components),
    availability: [{ topic: `${prefix}/available` }, { topic: `${prefix}/${camera}/status` }],
    availability_mode: 'all',
    qos: 1,
  };
}

type Entity = Readonly<Record<string, unknown>> & { readonly platform: string };

function entities(about: Discovered): Record<string, Entity> {
  const { camera, prefix, steers, obeys } = about;
  const at = (path: string) => `${prefix}/${camera}/${path}`;
  // These two say why there is nothing, so that they are there as long as the server is.
  const always = { availability: [{ topic: `${prefix}/available` }], entity_category: 'diagnostic' };
  const target = {
    target: {
      platform: 'sensor',
      name: 'Target',
      icon: 'mdi:target',
      state_topic: at('target/state'),
      value_template: "{{ value_json.target_id if value_json.target_id is not none else 'none' }}",
      json_attributes_topic: at('target/state'),
    },
  };
  const switched = {
    autotrack: {
      platform: 'switch',
      name: 'Autotrack',
      icon: 'mdi:cctv',
      state_topic: at('autotrack/state'),
      command_topic: at('autotrack/set'),
    },
  };
  const clear = { clear_target: { platform: 'button', name: 'Clear target', command_topic: at('target/clear') } };
  return {
    delivers: {
      platform: 'binary_sensor',
      name: 'Delivers',
      device_class: 'connectivity',
      state_topic: at('status'),
      payload_on: 'online',
      payload_off: 'offline',
      ...always,
    },
    problem: {
      platform: 'binary_sensor',
      name: 'Problem',
      device_class: 'problem',
      state_topic: at('problem'),
      value_template: '{{ value_json.state }}',
      json_attributes_topic: at('problem'),
      ...always,
    },
    fps: {
      platform: 'sensor',
      name: 'Frame rate',
      state_topic: `${prefix}/stats`,
      value_template: `{{ value_json.cameras['${camera}'].process_fps | default(0) }}`,
      unit_of_measurement: 'fps',
      state_class: 'measurement',
      entity_category: 'diagnostic',
    },
    ...target,
    ...(steers && obeys ? switched : {}),
    ...(obeys ? clear : {}),
    ...counts(about),
  };
}

function counts({ counts, prefix, camera }: Discovered): Record<string, Entity> {
  const paths = [...counts].sort().slice(0, MOST_COUNTS);
  return Object.fromEntries(
    paths.map((path) => {
      const [last = '', zone] = path.split('/').reverse();
      const name = `${last === 'all' ? 'Objects' : last}${zone === undefined ? '' : ` in ${zone}`}`;
      const topic = { state_topic: `${prefix}/${camera}/${path}`, state_class: 'measurement' };
      return [`count_${idOf(path)}`, { platform: 'sensor', name, icon: 'mdi:counter', ...topic }];
    }),
  );
}

/** Home Assistant takes letters, digits, _ and - in ids. */
function deviceId(prefix: string, camera: string): string {
  return `${idOf(prefix)}_${idOf(camera)}`;
}

/** Different texts stay different: what is replaced is told apart by a number. */
function idOf(text: string): string {
  const plain = text.replace(/[^A-Za-z0-9_-]/g, '_');
  return plain === text ? text : `${plain}_${Bun.hash.crc32(text).toString(36)}`;
}
