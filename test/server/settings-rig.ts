/** The settings routes over a real catalog and real files. */
import { readFileSync } from 'node:fs';
import { createApp } from '../../runtime/server/app.ts';
import { Rig, type RigOptions } from '../catalog/rig.ts';
import { GOOD } from '../graph/nodes.ts';
import { FakeLog, FakeSessions } from './fake-sessions.ts';

export const TEXT = `# The camera of this file.
${GOOD.replace('detect,    from: decode }', "detect,    from: decode, with: { confidence: 0.3, side: 64, labels: ['a'] } }   # tuned")}
# The end.
`;
export const FILES = { 'a.yaml': TEXT.replace('cam01', 'a'), 'b.yaml': TEXT.replace('cam01', 'b') };
const rigs: Rig[] = [];

/** Ends all that was served. */
export async function endAll(): Promise<void> {
  for (const rig of rigs.splice(0)) await rig[Symbol.asyncDispose]();
}

export async function serve(options: Partial<RigOptions> = {}) {
  const rig = await Rig.start({ files: FILES, ...options });
  rigs.push(rig);
  const app = createApp({
    sessions: new FakeSessions(['a', 'b']),
    catalog: rig.catalog,
    version: '1',
    clock: rig.clock,
    log: new FakeLog(),
  });
  const call = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const text = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
    const answer = await app.handle(new Request(`http://localhost${path}`, { method, headers, ...text }));
    return { status: answer.status, etag: answer.headers.get('etag') ?? '', body: JSON.parse(await answer.text()) };
  };
  const onDisk = (camera: string) => readFileSync(rig.folder.file(`${camera}.yaml`), 'utf8');
  return { rig, call, onDisk };
}
