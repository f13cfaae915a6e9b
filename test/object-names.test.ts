// biome-ignore-all lint/suspicious/noTemplateCurlyInString: graphs hold variables
/** Words that every object has as a property are words like any other: as a name given, and as one that nobody gave. */
import { describe, expect, test } from 'bun:test';
import { Catalog } from '../runtime/catalog/catalog.ts';
import type { Patch } from '../runtime/catalog/patch.ts';
import { SystemClock } from '../runtime/clock.ts';
import { formatFault } from '../runtime/graph/faults.ts';
import { defineNode, Type } from '../runtime/node.ts';
import { createApp } from '../runtime/server/app.ts';
import { topics } from '../schemas/topics.ts';
import { Rig } from './catalog/rig.ts';
import { check, GOOD, NODES } from './graph/nodes.ts';
import { startRig, TestClient } from './server/clients.ts';
import { FakeLog, FakeSessions } from './server/fake-sessions.ts';
import { runCommand } from './support/command.ts';
import { nodeTable } from './support/node-table.ts';

const WORDS = [...Object.getOwnPropertyNames(Object.prototype), 'prototype', 'then', 'length', 'name'];

describe.each(WORDS)('%s', (word) => {
  test('as node, camera and option of a graph', async () => {
    // Nothing can have it as an option: refused below, and never lost in silence.
    const zone = word === '__proto__' ? 'a' : word;
    const text = GOOD.replace('camera: cam01', `camera: ${word}`)
      .replace('  track:     { use: track,     from: detect }', `  ${word}: { use: track, from: detect, with: WITH }`)
      .replaceAll('from: track ', `from: ${word} `)
      .replace('[track,', `[${word},`)
      .replace('WITH', `{ zones: { ${zone}: { x: 1, y: 2 } } }`);
    const sets = [`${word}.zones.${zone}.x=3`];
    const { graph, faults } = await check(text, { sets });
    expect(faults.map(formatFault)).toEqual([]);
    expect(graph?.camera).toBe(word);
    const node = graph?.nodes.find(({ id }) => id === word);
    expect(node?.links.map(({ from }) => from.node)).toEqual(['detect']);
    expect(JSON.stringify(node?.params)).toBe(`{"zones":{"${zone}":{"x":3,"y":2}},"limit":"auto"}`);
    expect(graph?.nodes.at(-1)?.links[0]?.from.node).toBe(word);
  });

  test('as what a graph does not have', async () => {
    const refused = {
      'key of the graph': [`${GOOD}${word}: 1\n`, `unknown key '${word}'`],
      'key of a node': [GOOD.replace('use: decode,', `${word}: 1, use: decode,`), `unknown key '${word}'`],
      option: [GOOD.replace('from: decode }', `from: decode, with: { ${word}: 1 } }`), `unknown option '${word}'`],
      node: [GOOD.replace('use: decode,', `use: ${word},`), `no node is called '${word}'`],
      producer: [GOOD.replace('from: decode', `from: ${word}`), `there is no node '${word}'`],
      output: [GOOD.replace('from: decode', `from: decode.${word}`), `has no output '${word}'`],
      input: [GOOD.replace('from: decode', `from: { ${word}: decode }`), `'${word}'`],
      variable: [GOOD.replace('rtsp://cam/sub', `\${${word}}`), `environment variable ${word} is not set`],
    };
    for (const [text, says] of Object.values(refused)) {
      expect((await check(text ?? '')).faults.map(formatFault).join('\n')).toContain(says ?? '');
    }
    for (const set of [`${word}.url=x`, `source.${word}=x`]) {
      expect((await check(GOOD, { sets: [set] })).faults.map(formatFault).join('\n')).toContain(`'${word}'`);
    }
  });

  test('as camera and patched option of a catalog', async () => {
    const files = { 'a.yaml': GOOD.replace('cam01', word) };
    await using rig = await Rig.start({ files });
    expect(rig.catalog.faults).toEqual([]);
    const apply = (zone: unknown) => {
      const patch = { nodes: { track: { with: { zones: own(word, zone) } } } };
      return rig.catalog.apply(own(word, patch) as Record<string, Patch>);
    };
    if (word === '__proto__') {
      expect((await apply({ x: 1, y: 2 })).faults.map(formatFault)).toEqual([expect.stringContaining("'__proto__'")]);
    } else {
      for (const x of [1, 5]) {
        expect((await apply({ x, y: 2 })).faults).toEqual([]);
        expect(JSON.stringify(rig.params(word, 'track')?.zones)).toBe(`{"${word}":{"x":${x},"y":2}}`);
      }
      expect((await apply(null)).faults).toEqual([]);
      expect(rig.params(word, 'track')?.zones).toEqual({});
    }
    expect(() => rig.catalog.text(`${word}2`)).toThrow(`Unknown camera_id: ${word}2`);
    await using other = await Rig.start({ files: { 'a.yaml': GOOD } });
    expect(() => other.catalog.text(word)).toThrow(`Unknown camera_id: ${word}`);
    expect((await other.catalog.apply({ cam01: own(word, 1) as Patch })).faults.map(formatFault).join()).toContain(
      `'${word}'`,
    );
  });

  test('as camera, session, topic and path of the server', async () => {
    const sessions = new FakeSessions([word]);
    const app = createApp({ sessions, version: '0', clock: new SystemClock(), log: new FakeLog() });
    const ask = async (path: string, method = 'GET', body?: string) => {
      const init = { method, ...(body === undefined ? {} : { body }) };
      const answer = await app.handle(new Request(`http://localhost${path}`, init));
      return { status: answer.status, ...((await answer.json()) as { error?: string; camera_id?: string }) };
    };
    for (const path of [`/${word}`, `/sessions/${word}`, `/sessions/${word}/${word}`, `/sessions/${word}/tick`]) {
      expect(await ask(path)).toMatchObject({
        status: 404,
        error: expect.stringMatching(/^(Not found|Unknown session)/),
      });
    }
    expect(await ask('/sessions', 'POST', `{"${word}":1}`)).toMatchObject({ status: 400 });
    expect(await ask(`/sessions?${word}=1&topics=${word}`, 'POST', `{"camera_id":"${word}"}`)).toMatchObject({
      status: 201,
      camera_id: word,
    });
    expect((await ask(`/sessions/s-${word}`)).camera_id).toBe(word);
    expect((await ask(`/sessions/s-${word}/${word}`)).status).toBe(404);
    sessions.known = { ...topics, [word]: { ...topics.tick, doc: '', keep: 'latest' } };
    sessions.emit(`s-${word}`, word, '{"n":1}');
    expect((await ask(`/sessions/s-${word}/${word}`)).status).toBe(200);
    expect(await ask(`/sessions/${word}`, 'DELETE')).toMatchObject({ status: 404 });
  });
});

test('as commands and topics of a WebSocket', async () => {
  await using rig = startRig();
  const client = await TestClient.open(rig);
  for (const word of WORDS) {
    const unknown = { type: 'error', error: 'unknown_command' };
    expect(await client.ask(`{"type":"${word}"}`)).toEqual(unknown);
    expect(await client.ask(`{"type":"clear_target","${word}":1}`)).toEqual(unknown);
    expect((await fetch(`${rig.server.url}/ws/sessions/${rig.id}?topics=${word}`)).status).toBe(400);
  }
  client.close();
});

test('as words of the command line', async () => {
  for (const word of WORDS) {
    for (const args of [[word], ['models', word], ['bench', word], ['graph', 'a.yaml', `--${word}`]]) {
      expect(await runCommand(args)).toMatchObject({ exitCode: 2, stdout: '' });
    }
    expect((await runCommand(['check', word])).stderr).toContain(`${word}:1:1: there is no such file`);
  }
});

test('as topics that nodes declare', async () => {
  for (const word of WORDS.filter((each) => /^[a-z]+$/.test(each))) {
    const topic = { doc: '', keep: 'latest', schema: Type.Object({}) } as const;
    const publish = defineNode({
      ...{ name: 'publish', doc: '', params: Type.Object({}), outputs: {}, open: () => ({}) },
      inputs: { tracks: { kind: 'tracks' }, ptz: { kind: 'ptz', optional: true } },
      topics: { [word]: topic },
    });
    const options = {
      builtins: nodeTable([publish, ...NODES]),
      env: {},
      sets: [],
      cwd: '/',
      prepare: { modelFolders: [] },
    };
    await using rig = await Rig.start({ files: { 'a.yaml': GOOD } });
    const catalog = await Catalog.load([rig.folder.file('a.yaml')], options);
    expect(catalog.faults).toEqual([]);
    expect(Object.keys(catalog.sessionGraphs[0]?.topics ?? {})).toContain(word);
  }
});

/** An object with this property, whatever its name. */
function own(name: string, value: unknown): Record<string, unknown> {
  return Object.fromEntries([[name, value]]);
}
