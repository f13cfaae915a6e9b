// biome-ignore-all lint/suspicious/noTemplateCurlyInString: graphs hold variables
import { describe, expect, test } from 'bun:test';
import { check, faultsOf, GOOD, withLine } from './nodes.ts';

/** The parameters of one node of a graph without faults. */
async function paramsOf(id: string, text: string, env: Record<string, string> = {}, sets: string[] = []) {
  const { graph, faults } = await check(text, { env, sets });
  expect(faults).toEqual([]);
  return graph?.nodes.find((node) => node.id === id)?.params ?? {};
}

const source = (...lines: string[]) => withLine(4, ['  source:', '    use: source', '    with:', ...lines].join('\n'));

describe('variables', () => {
  const rows = [
    { why: 'inside a text', line: '      url: rtsp://${H}/sub', env: { H: 'cam' }, params: { url: 'rtsp://cam/sub' } },
    { why: 'several', line: '      url: rtsp://${A}:${B}', env: { A: 'h', B: '5' }, params: { url: 'rtsp://h:5' } },
    { why: 'default', line: '      url: rtsp://${H:-b}/x', env: {}, params: { url: 'rtsp://b/x' } },
    { why: 'default for an empty one', line: '      url: rtsp://${H:-b}', env: { H: '' }, params: { url: 'rtsp://b' } },
    { why: 'escaped', line: '      url: rtsp://$${H}', env: {}, params: { url: 'rtsp://${H}' } },
    { why: 'a lone dollar', line: '      url: rtsp://$H', env: {}, params: { url: 'rtsp://$H' } },
    { why: 'not expanded twice', line: '      url: rtsp://${H}', env: { H: '${H}' }, params: { url: 'rtsp://${H}' } },
    {
      why: 'in the login of a URL, encoded for it',
      line: '      url: rtsp://${U}:${W}@${H}/sub',
      env: { U: 'a b', W: 'p@s/s#?%:"', H: 'cam:554' },
      params: { url: 'rtsp://a%20b:p%40s%2Fs%23%3F%25%3A%22@cam:554/sub' },
    },
    {
      why: 'in the login of a URL, encoded already',
      line: '      url: rtsp://u:${W}@cam/sub',
      env: { W: 'p%40ss' },
      params: { url: 'rtsp://u:p%40ss@cam/sub' },
    },
    {
      why: 'a whole login',
      line: '      url: rtsp://${L}@cam/sub',
      env: { L: 'admin:1#2' },
      params: { url: 'rtsp://admin:1%232@cam/sub' },
    },
    { why: 'number', line: '      url: rtsp://x\n      port: ${P}', env: { P: '80' }, params: { port: 80 } },
    { why: 'number by default', line: '      url: rtsp://x\n      port: ${P:-80}', env: {}, params: { port: 80 } },
    {
      why: 'digits where a text is wanted keep their zeros',
      line: '      url: rtsp://x\n      password: ${W}',
      env: { W: '0123' },
      params: { password: '0123' },
    },
    {
      why: 'YAML signs in a value mean nothing',
      line: '      url: rtsp://x\n      password: ${W}',
      env: { W: '*a: #{[' },
      params: { password: '*a: #{[' },
    },
  ];
  test.each(rows)('$why', async ({ line, env, params }) => {
    expect(await paramsOf('source', source(line), env)).toMatchObject(params);
  });

  test('also in the camera, in use and in from', async () => {
    const text = GOOD.replace('cam01', '${CAM}').replace('use: detect', 'use: "${D}"').replace('[track,', '["${T}",');
    const { graph, faults, secrets } = await check(text, { env: { CAM: '7', D: 'detect', T: 'track' } });
    expect(faults).toEqual([]);
    expect(graph?.camera).toBe('7');
    // Names are public: clients see them.
    expect(secrets).toEqual([]);
  });

  test('faults say what is wrong with the variable', async () => {
    const text = source('      url: rtsp://${A}/${B}', '      password: ${1x} ${', '      port: "${P}"');
    expect(await faultsOf(text, { env: { P: '80' } })).toEqual([
      '7:12 nodes.source.with.url: the environment variable A is not set',
      '7:12 nodes.source.with.url: the environment variable B is not set',
      '8:17 nodes.source.with.password: not a variable between ${ and }; write ${NAME} or ${NAME:-default}',
      '8:17 nodes.source.with.password: a ${ has no closing }',
      '9:13 nodes.source.with.port: must be a whole number, got a value from ${P} (in quotes it is a text; unquoted, it must stand outside of { })',
    ]);
  });
});

describe('secrets', () => {
  test('values from the environment are collected, numbers and flags are not', async () => {
    const text = source('      url: ${URL}', '      port: ${PORT}', '      password: ${PASSWORD}');
    const env = { URL: 'rtsp://bob:ses%20ame@cam', PORT: '8554', PASSWORD: '0123' };
    const { secrets } = await check(text, { env });
    expect([...secrets].sort()).toEqual(['0123', env.URL, 'ses%20ame'].sort());
  });

  test('a password written into a URL of the file is one as well', async () => {
    expect((await check(source('      url: rtsp://bob:sesame@cam'))).secrets).toEqual(['sesame']);
  });

  test('no fault prints a value from the environment', async () => {
    const secret = 'hunter2-very-secret';
    const text = `version: \${S}
camera: "a \${S}"
nodes:
  source: { use: source, with: { url: "x", pace: "\${S}", port: "\${S}" } }
  decode: { use: "\${S}", from: "\${S}" }
  decode2: { use: "./\${S}.ts", from: "source.\${S}" }
  detect: { use: detect, from: "\${S} x", worker: "\${S} y", with: { model: "/\${S}.onnx", confidence: "\${S}" } }
  detect2: { use: detect, from: decode, with: { model: "/\${S}.onnx" } }
`;
    const faults = await faultsOf(text, {
      env: { S: secret },
      sets: ['detect.side=${S}', 'detect.labels=[{a: "${S}"}]'],
    });
    expect(faults.join('\n')).not.toContain(secret);
    expect(faults.filter((fault) => fault.includes('${S}')).length).toBeGreaterThanOrEqual(8);
    expect(faults).toContain('8:56 nodes.detect2.with.model: there is no model /${S}.onnx');
  });

  test('passwords in URLs are masked in faults and in --set arguments', async () => {
    const faults = await faultsOf(source('      url: rtsp://x', '      pace: rtsp://bob:sesame@cam'), {
      sets: ['source.port=rtsp://bob:sesame@cam'],
    });
    expect(faults).toEqual([
      "8:13 nodes.source.with.pace: must be one of realtime, asap; got 'rtsp://bob:***@cam'",
      "--set source.port: must be a whole number, got the text 'rtsp://bob:***@cam'",
    ]);
  });
});

describe('--set', () => {
  const rows = [
    { set: 'detect.confidence=0.5', id: 'detect', params: { confidence: 0.5 } },
    { set: 'detect.labels=[a, b]', id: 'detect', params: { labels: ['a', 'b'] } },
    { set: 'track.zones={a: {x: 1, y: 2}}', id: 'track', params: { zones: { a: { x: 1, y: 2 } } } },
    { set: 'track.limit=3', id: 'track', params: { limit: 3 } },
    { set: 'source.password="12"', id: 'source', params: { password: '12' } },
    { set: 'source.password=#a: b', id: 'source', params: { password: '#a: b' } },
    { set: 'source.password=a=b', id: 'source', params: { password: 'a=b' } },
    { set: 'source.port=${P}', id: 'source', params: { port: 99 } },
  ];
  test.each(rows)('$set', async ({ set, id, params }) => {
    expect(await paramsOf(id, GOOD, { P: '99' }, [set])).toMatchObject(params);
  });

  test('nested settings add up, later ones win', async () => {
    const sets = ['track.zones.a.x=1', 'track.zones.a.y=2', 'track.zones.a.x=3'];
    expect(await paramsOf('track', GOOD, {}, sets)).toMatchObject({ zones: { a: { x: 3, y: 2 } } });
  });

  test('what is overridden is not checked any more', async () => {
    const params = await paramsOf('source', source('      url: ${NOT_SET}'), {}, ['source.url=rtsp://x']);
    expect(params).toMatchObject({ url: 'rtsp://x' });
  });

  test('faults name the argument', async () => {
    const sets = [
      'detect.confidence=3',
      'detct.x=1',
      'confidence',
      '=1',
      'detect=1',
      'detect.labels=[1',
      'detect.modl=x',
      'publish.hz=${HZ}',
      'track.zones.a={x: 1}',
    ];
    expect(await faultsOf(GOOD, { sets })).toEqual([
      "--set detct.x: there is no node 'detct'; did you mean 'detect'?",
      '--set confidence: must be node.parameter=value',
      '--set =1: must be node.parameter=value',
      '--set detect: must be node.parameter=value',
      '--set detect.labels: Flow sequence must end with a ]',
      '--set publish.hz: the environment variable HZ is not set',
      "--set detect.modl: unknown option 'modl'; did you mean 'model'?",
      '--set detect.confidence: must be between 0 and 1, got 3',
      '--set track.zones.a: nodes.track.with.zones.a.y: is required; a number',
    ]);
  });
});

describe('paths', () => {
  const rows = [
    { why: 'relative to the graph file', url: '../clips/a.mp4', expected: '/site/clips/a.mp4' },
    { why: 'a bare word is a file where names are not allowed', url: 'clip', expected: '/site/graphs/clip' },
    { why: 'absolute', url: '/a.mp4', expected: '/a.mp4' },
    { why: 'URL', url: 'rtsp://cam/a', expected: 'rtsp://cam/a' },
  ];
  test.each(rows)('$why', async ({ url, expected }) => {
    expect(await paramsOf('source', source(`      url: ${url}`))).toMatchObject({ url: expected });
  });

  const models = [
    { why: 'a name', model: 'yolox_nano', expected: 'yolox_nano' },
    { why: 'a name with a dash and digits', model: 'yolox-s-640', expected: 'yolox-s-640' },
    { why: 'a file by its suffix', model: 'x.onnx', expected: '/site/graphs/x.onnx' },
    { why: 'a file by its folder', model: 'a/b', expected: '/site/graphs/a/b' },
    { why: 'a file by its dot', model: './x', expected: '/site/graphs/x' },
  ];
  test.each(models)('with names: $why', async ({ model, expected }) => {
    const text = withLine(6, `  detect: { use: detect, from: decode, with: { model: ${model} } }`);
    const { graph, faults } = await check(text);
    // The contract refuses files that do not exist, in the words of the absolute path.
    const found = graph?.nodes[2]?.params.model ?? faults[0]?.message.replace('there is no model ', '');
    expect(found).toBe(expected);
  });

  test('from --set they are relative to the working folder', async () => {
    expect(await paramsOf('source', GOOD, {}, ['source.url=clips/a.mp4'])).toMatchObject({ url: '/site/clips/a.mp4' });
  });
});
