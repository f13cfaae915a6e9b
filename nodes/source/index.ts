/**
 * `source`: opens a video file, URL or ONVIF camera with FFmpeg and emits its video packets. Paces files, loops them,
 * reconnects to what is live. The decoder sits in the same worker, so packets are never copied.
 */
import { defineNode, topics, WindhoverError } from '../../runtime/node.ts';
import { addressOf, checkTimes, checkView, deviceOf } from './address.ts';
import { SourceOptions } from './options.ts';

export default defineNode({
  name: 'source',
  doc: 'Video from a file, a URL or an ONVIF camera.',
  params: SourceOptions,
  inputs: {},
  outputs: {
    packets: { kind: 'packet', doc: 'Compressed video packets of the best video stream.' },
    metadata: { kind: 'metadata', doc: 'What an ONVIF camera says of its pictures, beside them (RTSP).' },
  },
  topics: { clock: topics.clock },
  metrics: {
    capture_basis: {
      kind: 'gauge',
      name: 'capture_clock_info',
      doc: 'Where capture times come from.',
      wordLabel: 'basis',
    },
    capture_error_ms: {
      kind: 'gauge',
      name: 'capture_clock_error',
      doc: 'How wrong capture times may be.',
      unit: 'ms',
    },
    clock_jumps: { kind: 'counter', name: 'capture_clock_jumps', doc: 'Jumps of the timestamps of the camera.' },
    corrupt_reads: {
      kind: 'counter',
      name: 'source_corrupt_reads',
      doc: 'Reads of the source that failed or were damaged.',
    },
    stalls: { kind: 'counter', name: 'source_stalls', doc: 'Times that the stream went silent.' },
    losses: { kind: 'counter', name: 'source_losses', doc: 'Gaps in the packets of the source.' },
  },
  pace: ({ pace }) => pace,
  validate(params) {
    addressOf(params);
    deviceOf(params);
    checkView(params);
    checkTimes(params);
    // Until version 0.1 it was an address of this node.
    if (!/(^|[/\\])virtual-ptz:/.test(params.url)) return;
    throw new WindhoverError('source_address', 'the virtual camera is a node of its own', {
      option: 'url',
      hint: 'write use: virtual-ptz, with: { scene, fps, size }, or { url, profile } for a camera started with bun run camera',
    });
  },
  async open(context) {
    // Native code is loaded here and not at the top: the server reads this contract too, and must stay free of it.
    const { Playback } = await import('./playback.ts');
    const playback = new Playback(context);
    await playback.load();
    // The one live option, the view, is for clients alone.
    return { run: (signal) => playback.run(signal), update: () => undefined };
  },
});
