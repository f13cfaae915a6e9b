import { describe } from 'bun:test';
import { faultTable, GOOD, withLine } from './nodes.ts';

describe('links', () => {
  faultTable([
    {
      why: 'unknown node without a close name lists the nodes',
      text: withLine(6, '  detect: { use: detect, from: camera }'),
      faults: [
        '5:3 nodes.decode: output frames is not used by any node',
        "6:32 nodes.detect.from: there is no node 'camera'; nodes: source, decode, track, autotrack, publish",
      ],
    },
    {
      why: 'unknown port',
      text: withLine(6, '  detect: { use: detect, from: decode.fraems }'),
      faults: ["6:32 nodes.detect.from: 'decode' has no output 'fraems'; did you mean 'frames'?"],
    },
    { why: 'a port by name', text: withLine(6, '  detect: { use: detect, from: decode.frames }'), faults: [] },
    { why: 'inputs by name', text: withLine(6, '  detect: { use: detect, from: { frames: decode } }'), faults: [] },
    {
      why: 'unknown input',
      text: withLine(6, '  detect: { use: detect, from: { frame: decode } }'),
      faults: ["6:41 nodes.detect.from.frame: 'detect' has no input 'frame'; did you mean 'frames'?"],
    },
    {
      why: 'kinds that do not fit',
      text: withLine(6, '  detect: { use: detect, from: source }'),
      faults: [
        '5:3 nodes.decode: output frames is not used by any node',
        '6:32 nodes.detect.from: source gives packets (packet), but detect takes frames (frame)',
      ],
    },
    {
      why: 'from a node without outputs, which closes a circle too',
      text: withLine(8, '  autotrack: { use: autotrack, from: publish }'),
      faults: [
        '8:38 nodes.autotrack.from: publish gives nothing, but autotrack takes tracks',
        '9:46 nodes.publish.from[1]: nodes must not feed each other in a circle: autotrack → publish → autotrack',
      ],
    },
    {
      why: 'an input connected twice',
      text: withLine(7, '  track: { use: track, from: [detect, detect] }'),
      faults: ['7:39 nodes.track.from[1]: input detections is already connected to detect.detections'],
    },
    {
      why: 'a required input left open',
      text: withLine(9, '  publish: { use: publish, from: autotrack }'),
      faults: ['9:3 nodes.publish: input tracks is not connected; name its producer in from'],
    },
    {
      why: 'an optional input may stay open, but then nobody takes ptz',
      text: withLine(9, '  publish: { use: publish, from: track }'),
      faults: ['8:3 nodes.autotrack: output ptz is not used by any node'],
    },
    {
      why: 'a node that takes from itself',
      text: withLine(7, '  track: { use: track, from: track }'),
      faults: [
        '6:3 nodes.detect: output detections is not used by any node',
        '7:30 nodes.track.from: a node must not take its own output',
      ],
    },
    {
      why: 'a reference that is a list',
      text: withLine(7, '  track: { use: track, from: [[detect]] }'),
      faults: ['7:31 nodes.track.from[0]: must be a node or node.port, got a list'],
    },
    {
      why: 'a cycle is named in the direction of its links, once',
      text: `${GOOD}  a: { use: fuse, from: { left: b.both, right: c.both } }
  b: { use: fuse, from: { left: a.both } }
  c: { use: fuse, from: { left: b.either } }
`,
      faults: ['11:33 nodes.b.from.left: nodes must not feed each other in a circle: a → b → a'],
    },
    {
      why: 'more than one way to connect',
      text: `${GOOD}  f: { use: fuse, from: detect }
  g: { use: fuse, from: { left: f } }
`,
      faults: [
        '10:25 nodes.f.from: several inputs of f take detections: left, right; write from: { left: detect }',
        '11:3 nodes.g: outputs both, either are not used by any node',
        '11:33 nodes.g.from.left: several outputs of f fit; write f.both or f.either',
      ],
    },
  ]);
});

describe('workers and pace', () => {
  faultTable([
    {
      why: 'packets stay in one worker',
      text: withLine(5, '  decode: { use: decode, from: source, worker: b }').replace(
        'use: source,',
        'use: source, worker: a,',
      ),
      faults: ['5:48 nodes.decode.worker: packets stay in one worker: must be the worker of source'],
    },
    {
      why: 'producers must agree on the pace',
      text: `${GOOD}  s2: { use: source, with: { url: "rtsp://b", pace: asap } }
  d2: { use: decode, from: s2 }
  e2: { use: detect, from: d2 }
  t2: { use: track, from: e2 }
  p2: { use: publish, from: t2 }
`,
      faults: ['10:3 nodes.s2: runs at the pace asap, but source at realtime; a graph has one pace'],
    },
  ]);
});

describe('parameters', () => {
  const detect = (params: string) => withLine(6, `  detect: { use: detect, from: decode, with: { ${params} } }`);
  const track = (params: string) => withLine(7, `  track: { use: track, from: detect, with: { ${params} } }`);
  const at = '6:48 nodes.detect.with';
  faultTable([
    {
      why: 'unknown, close',
      text: detect('confidense: 1'),
      faults: [`${at}.confidense: unknown option 'confidense'; did you mean 'confidence'?`],
    },
    {
      why: 'unknown, far',
      text: detect('zoom: 1'),
      faults: [`${at}.zoom: unknown option 'zoom'; options: model, confidence, side, labels, floats`],
    },
    {
      why: 'no number',
      text: detect('side: "64"'),
      faults: ["6:54 nodes.detect.with.side: must be a whole number, got the text '64'"],
    },
    {
      why: 'no whole number',
      text: detect('side: 64.5'),
      faults: ['6:54 nodes.detect.with.side: must be a whole number, got 64.5'],
    },
    {
      why: 'no multiple',
      text: detect('side: 65'),
      faults: ['6:54 nodes.detect.with.side: must be a multiple of 32, got 65'],
    },
    { why: 'too small', text: detect('side: 0'), faults: ['6:54 nodes.detect.with.side: must be at least 32, got 0'] },
    {
      why: 'infinite',
      text: detect('confidence: .inf'),
      faults: ['6:60 nodes.detect.with.confidence: must be a finite number, got Infinity'],
    },
    {
      why: 'nothing',
      text: detect('confidence: '),
      faults: ['6:61 nodes.detect.with.confidence: must be a number, got nothing'],
    },
    {
      why: 'no truth value',
      text: detect('floats: yes'),
      faults: ["6:56 nodes.detect.with.floats: must be true or false, got the text 'yes'"],
    },
    {
      why: 'an empty list',
      text: detect('labels: []'),
      faults: ['6:56 nodes.detect.with.labels: must have at least 1 item, got 0'],
    },
    {
      why: 'items of a list',
      text: detect('labels: [a, "", 4]'),
      faults: [
        "6:60 nodes.detect.with.labels[1]: must not be empty, got ''",
        '6:64 nodes.detect.with.labels[2]: must be a text, got 4',
      ],
    },
    {
      why: 'required',
      text: withLine(4, '  source: { use: source }'),
      faults: ['4:3 nodes.source.with.url: is required; a text'],
    },
    {
      why: 'exclusive bounds',
      text: withLine(5, '  decode: { use: decode, from: source, with: { fps: 0 } }'),
      faults: ['5:53 nodes.decode.with.fps: must be more than 0 and at most 120, got 0'],
    },
    {
      why: 'a number or a word: neither',
      text: track('limit: many'),
      faults: ["7:53 nodes.track.with.limit: must be auto or a whole number, got the text 'many'"],
    },
    {
      why: 'a number or a word: a bad number',
      text: track('limit: 0'),
      faults: ['7:53 nodes.track.with.limit: must be at least 1, got 0'],
    },
    {
      why: 'inside a record',
      text: track('zones: { a: { x: 1 }, b: 3, c: { x: 1, y: 2, z: 3 } }'),
      faults: [
        '7:58 nodes.track.with.zones.a.y: is required; a number',
        '7:71 nodes.track.with.zones.b: must be a mapping, got 3',
        "7:91 nodes.track.with.zones.c.z: unknown option 'z'; options: x, y",
      ],
    },
    {
      why: "the node's own check, at the option that it names",
      text: detect('model: /none/x.onnx'),
      faults: ['6:55 nodes.detect.with.model: there is no model /none/x.onnx'],
    },
    {
      why: "the node's own check, at a place inside of an option",
      text: detect('model: broken, labels: [drone]'),
      faults: ['6:72 nodes.detect.with.labels.0: cannot be used'],
    },
    {
      why: "the node's own check, of the node when it names no option",
      text: detect('model: odd'),
      faults: ['6:3 nodes.detect: odd is no model'],
    },
  ]);
});
