/** Profiles and stream addresses, by Media and by Media2, and what cameras call an address. */
import { describe, expect, test } from 'bun:test';
import { CameraMedia } from '../../ptz/onvif/camera-media.ts';
import { type MediaProfile, pickProfile } from '../../ptz/onvif/media.ts';
import { MEDIA_NS, MEDIA2_NS } from '../../ptz/onvif/soap-client.ts';
import { streamUrls } from '../../ptz/onvif/stream-url.ts';
import { ANYTHING, answers, envelope, fault, OddCamera, type Oddity, type Reply } from './odd-camera.ts';
import { optionsFor } from './rig.ts';

describe('what a camera calls its stream, dialled at 10.0.0.5:8000', () => {
  const device = new URL('http://10.0.0.5:8000/onvif/device_service');
  const urls = (told: string, port?: number, notes: string[] = []) => streamUrls(told, device, port, notes);

  test.each([
    ['rtsp://10.0.0.5/live', ['rtsp://10.0.0.5:554/live']],
    [
      'rtsp://10.0.0.5:8554/live?a=1&b=2#c',
      ['rtsp://10.0.0.5:8554/live?a=1&b=2#c', 'rtsp://10.0.0.5:554/live?a=1&b=2#c'],
    ],
    [' RTSP://10.0.0.5:554/\n', ['rtsp://10.0.0.5:554/']],
    ['rtsp://192.168.1.64:554/live', ['rtsp://10.0.0.5:554/live']],
    ['rtsp://camera.local/live', ['rtsp://10.0.0.5:554/live']],
    ['rtsp://[fe80::1]:8554/live', ['rtsp://10.0.0.5:8554/live', 'rtsp://10.0.0.5:554/live']],
    ['rtsp:///live', ['rtsp://10.0.0.5:554/live']],
    ['rtsp://:8554/live', ['rtsp://10.0.0.5:8554/live', 'rtsp://10.0.0.5:554/live']],
    ['rtsp:/live', ['rtsp://10.0.0.5:554/live']],
    ['//192.168.1.64/live', ['rtsp://10.0.0.5:554/live']],
    ['/live/sub', ['rtsp://10.0.0.5:554/live/sub']],
    ['live', ['rtsp://10.0.0.5:554/live']],
    ['192.168.1.64:8554/live', ['rtsp://10.0.0.5:8554/live', 'rtsp://10.0.0.5:554/live']],
    ['camera.local:554/live', ['rtsp://10.0.0.5:554/live']],
    ['rtsp://10.0.0.5:0/live', ['rtsp://10.0.0.5:554/live']],
    ['rtsp://10.0.0.5:99999/live', ['rtsp://10.0.0.5:554/live']],
    ['rtsp://10.0.0.5:/live', ['rtsp://10.0.0.5:554/live']],
    ['rtsp://10.0.0.5', ['rtsp://10.0.0.5:554']],
    ['rtsp://10.0.0.5?channel=1', ['rtsp://10.0.0.5:554/?channel=1']],
    ['rtsp://admin:geheim@10.0.0.5/live', ['rtsp://10.0.0.5:554/live']],
    ['rtsp://admin:ge/he@im@10.0.0.5/live', ['rtsp://10.0.0.5:554/live']],
    ['rtsp://10.0.0.5/a@b:c', ['rtsp://10.0.0.5:554/a@b:c']],
    ['rtsp://10.0.0.5/my stream', ['rtsp://10.0.0.5:554/my%20stream']],
    ['rtspu://10.0.0.5/live', ['rtsp://10.0.0.5:554/live']],
    ['rtsps://10.0.0.5/live', ['rtsps://10.0.0.5:322/live']],
    ['http://10.0.0.5/video.mjpg', ['http://10.0.0.5:80/video.mjpg', 'http://10.0.0.5:8000/video.mjpg']],
  ])('%j', (told, expected) => expect(urls(told)).toEqual(expected));

  test('where a router has another port for it', () => {
    expect(urls('rtsp://192.168.1.64:554/live', 10_554)).toEqual(['rtsp://10.0.0.5:10554/live']);
  });

  test('another host is told of', () => {
    const notes: string[] = [];
    urls('rtsp://192.168.1.64/live', undefined, notes);
    expect(notes).toEqual(['the camera names 192.168.1.64 for its stream; 10.0.0.5 from the options is used']);
    urls('rtsp://10.0.0.5/live', undefined, notes);
    expect(notes).toHaveLength(1);
  });

  test.each(['file:///etc/passwd', 'concat:/a|/b', 'data://x', 'constructor://a/b', 'subfile:/etc/passwd'])(
    '%s is not opened',
    (told) => expect(() => urls(told)).toThrow('a stream that is not played'),
  );
});

describe('a profile', () => {
  const service = { url: new URL('http://cam/'), namespace: MEDIA_NS } as const;
  const profile = (token: string, name: string, widthPx: number | null): MediaProfile => {
    return { token, name, widthPx, heightPx: widthPx, encoding: 'H264', ptz: undefined, service };
  };
  const all = [
    profile('1', 'main', 2560),
    profile('2', 'sub', 640),
    profile('3', '1280', 352),
    profile('4', 'sound', null),
  ];

  test.each([
    { wanted: '2', token: '2', why: 'by token' },
    { wanted: 'main', token: '1', why: 'by name' },
    { wanted: '1280', token: '3', why: 'by a name that is a number' },
    { wanted: 1280, token: '1', why: 'the smallest that is not narrower' },
    { wanted: '641', token: '1', why: 'a width out of the environment' },
    { wanted: 640, token: '2', why: 'the same width' },
    { wanted: 100, token: '3', why: 'the smallest' },
    { wanted: 4000, token: '1', why: 'the widest' },
  ])('$wanted: $why', ({ wanted, token }) => expect(pickProfile(all, wanted).token).toBe(token));

  test('that does not exist: those that do are named', () => {
    expect(() => pickProfile(all, 'third')).toThrow('1 (main, 2560×2560)');
    expect(() => pickProfile([], 640)).toThrow('the camera has no profiles');
  });

  test('of a camera that tells no sizes: its first', () => {
    expect(pickProfile([profile('4', 'sound', null)], 640).token).toBe('4');
  });
});

/** The virtual camera as one that has Media2 alone (Profile T), or beside a Media that refuses. */
function withMedia2(hasMedia: boolean): Oddity {
  const refuses = answers({ GetProfiles: () => fault(), GetStreamUri: () => fault() });
  return {
    instead: (operation, request) => {
      if (request.includes(`xmlns="${MEDIA2_NS}"`)) return { ask: request.replaceAll(MEDIA2_NS, MEDIA_NS) };
      return hasMedia ? refuses.instead?.(operation, request) : undefined;
    },
    after: (operation, xml) => {
      if (operation === 'GetServices') {
        const media2 = xml.replace(/.*(<tds:Service>(?:(?!<tds:Service>).)*ver10\/media.*?<\/tds:Service>).*/s, '$1');
        const listed = hasMedia ? xml : xml.replace(media2, '');
        return listed.replace(/<tds:Service>/, () => `${media2.replace(MEDIA_NS, MEDIA2_NS)}<tds:Service>`);
      }
      if (operation === 'GetCapabilities' && !hasMedia) return xml.replace(/<tt:Media>.*?<\/tt:Media>/s, '');
      if (operation !== 'GetProfiles') return xml;
      return xml
        .replace(/<tt:VideoSourceConfiguration/g, () => '<tr2:Configurations><tr2:VideoSource')
        .replaceAll('</tt:VideoSourceConfiguration>', '</tr2:VideoSource>')
        .replaceAll('tt:VideoEncoderConfiguration', 'tr2:VideoEncoder')
        .replaceAll('tt:PTZConfiguration', 'tr2:PTZ')
        .replaceAll('</trt:Profiles>', '</tr2:Configurations></trt:Profiles>');
    },
  };
}

describe.each([
  { what: 'Media2 alone', oddity: withMedia2(false) },
  { what: 'Media2 beside a Media that refuses', oddity: withMedia2(true) },
])('a camera with $what', ({ oddity }) => {
  test('is steered', async () => {
    await using odd = await OddCamera.start(oddity);
    const { verdict } = await odd.driver.open();
    expect(verdict).toMatchObject({ rung: 'velocity', verified: true });
    await odd.driver.close();
    expect(
      odd.asked('GetProfiles').some((xml) => xml.includes(`<GetProfiles xmlns="${MEDIA2_NS}"><Type>All</Type>`)),
    ).toBe(true);
  });

  test('tells its streams', async () => {
    await using odd = await OddCamera.start(oddity);
    const media = await mediaOf(odd);
    const { token, name, widthPx, heightPx, encoding } = media.profile(320);
    expect({ token, name, widthPx, heightPx, encoding }).toEqual({
      ...{ token: 'profile_sub', name: 'sub', widthPx: 640, heightPx: 360, encoding: 'H264' },
    });
    expect(media.hasPtz).toBe(true);
    expect(await media.streamUrls(media.profile('main'))).toEqual([
      `http://127.0.0.1:${odd.port}/debug/video?profile=profile_main`,
    ]);
  });
});

describe('beside a Media that works', () => {
  const listed = withMedia2(true);
  const media2 = (reply: () => Reply): Oddity => ({
    instead: (_operation, request) => (request.includes(`xmlns="${MEDIA2_NS}"`) ? reply() : undefined),
    after: (operation, xml) => (operation === 'GetServices' ? (listed.after?.(operation, xml) ?? xml) : xml),
  });

  test.each(Object.entries(ANYTHING))('a Media2 that answers %s does no harm', async (_what, reply) => {
    await using odd = await OddCamera.start(media2(reply));
    const media = await mediaOf(odd);
    expect(media.profiles.map(({ token }) => token)).toEqual(['profile_main', 'profile_sub']);
    expect(await media.streamUrls(media.profile('main'))).toHaveLength(1);
    await odd.driver.open();
    await odd.driver.close();
    expect(odd.rig.server.device.gate.wrongLogins).toBe(0);
  });

  test('a Media2 adds the profiles, and the sizes, that Media lacks', async () => {
    const more =
      envelope(`<tr2:GetProfilesResponse><tr2:Profiles token="profile_h265"><tr2:Name>new</tr2:Name><tr2:Configurations>
      <tr2:VideoEncoder><tt:Encoding>H265</tt:Encoding><tt:Resolution><tt:Width>3840</tt:Width><tt:Height>2160</tt:Height>
      </tt:Resolution></tr2:VideoEncoder></tr2:Configurations></tr2:Profiles></tr2:GetProfilesResponse>`);
    await using odd = await OddCamera.start(media2(() => more));
    const media = await mediaOf(odd);
    expect(media.profile(2000)).toMatchObject({ token: 'profile_h265', encoding: 'H265', widthPx: 3840 });
    expect(media.profile(640).token).toBe('profile_sub');
  });
});

test('Media2 asks for RTSP by its other name, too', async () => {
  const other = withMedia2(false);
  const oddity: Oddity = {
    ...other,
    instead: (operation, xml) =>
      xml.includes('<Protocol>RTSP</Protocol>') ? fault('ter:InvalidArgVal', 400) : other.instead?.(operation, xml),
  };
  await using odd = await OddCamera.start(oddity);
  const media = await mediaOf(odd);
  expect(await media.streamUrls(media.profile('main'))).toHaveLength(1);
});

describe('what a source is told when', () => {
  const response = (uri: string) =>
    envelope(`<trt:GetStreamUriResponse><trt:MediaUri>${uri}</trt:MediaUri></trt:GetStreamUriResponse>`);

  test.each([
    { what: 'the stream has no address', reply: () => response('<tt:Uri></tt:Uri>'), code: 'ptz_refused' },
    { what: 'there is no answer to where it is', reply: () => response(''), code: 'ptz_refused' },
    { what: 'that is refused', reply: () => fault('ter:ConfigurationConflict'), code: 'ptz_refused' },
    {
      what: 'it is nothing to be opened',
      reply: () => response('<tt:Uri>file:///dev/video0</tt:Uri>'),
      code: 'ptz_refused',
    },
  ])('$what', async ({ reply, code }) => {
    await using odd = await OddCamera.start(answers({ GetStreamUri: reply }));
    const media = await mediaOf(odd);
    await expect(media.streamUrls(media.profile('main'))).rejects.toMatchObject({ code });
  });

  test('the camera has no media service', async () => {
    const gone = envelope('<tds:GetServicesResponse/>');
    await using odd = await OddCamera.start(answers({ GetServices: () => gone, GetCapabilities: () => fault() }));
    await expect(mediaOf(odd)).rejects.toMatchObject({ code: 'ptz_refused' });
  });
});

async function mediaOf({ rig, port }: OddCamera): Promise<CameraMedia> {
  return await CameraMedia.ask(optionsFor(rig.server, { url: `127.0.0.1:${port}` }), { time: rig.time });
}
