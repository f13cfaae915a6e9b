/** What cannot be run here is checked by its linters: container, pod, unit, and what they name is there. */
import { expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import { ROOT } from '../support/command.ts';
import { Folder } from '../support/graphs.ts';

const DEPLOY = join(ROOT, 'deploy');
const text = (path: string) => readFileSync(join(DEPLOY, path), 'utf8');

/** A test with a program that may be missing. */
function testWith(program: string, name: string, run: () => void): void {
  const isThere = Bun.which(program) !== null;
  if (!isThere) console.warn(`${name}: skipped, there is no ${program}`);
  test.skipIf(!isThere)(name, run);
}

function verdict(...command: string[]): { exitCode: number; output: string } {
  const { exitCode, stdout, stderr } = Bun.spawnSync(command);
  return { exitCode, output: `${stdout}${stderr}` };
}

testWith('hadolint', 'Dockerfile', () => {
  expect(verdict('hadolint', join(DEPLOY, 'Dockerfile'))).toEqual({ exitCode: 0, output: '' });
});

testWith('kubernetes-validate', 'pod, claim and service', () => {
  const { exitCode, output } = verdict('kubernetes-validate', '--strict', join(DEPLOY, 'kubernetes/windhover.yaml'));
  expect({ exitCode, passed: output.match(/passed for resource/g)?.length, output }).toMatchObject({
    exitCode: 0,
    passed: 3,
  });
});

testWith('systemd-analyze', 'unit', () => {
  // The program that it names has to be there.
  using folder = new Folder();
  const unit = text('systemd/windhover.service').replaceAll('/opt/windhover/bin/windhover', '/bin/sh');
  folder.write('windhover.service', unit);
  expect(verdict('systemd-analyze', 'verify', folder.file('windhover.service'))).toEqual({ exitCode: 0, output: '' });
});

testWith('promtool', 'scrape configuration', () => {
  const { exitCode, output } = verdict(
    'promtool',
    'check',
    'config',
    '--syntax-only',
    join(DEPLOY, 'prometheus/prometheus.yml'),
  );
  expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
});

test('the compose file is YAML, and the files that it names are there', () => {
  const compose = parseDocument(text('compose.yaml'));
  expect(compose.errors).toEqual([]);
  const { services } = compose.toJS() as {
    services: Record<string, { volumes?: string[]; build?: { context: string; dockerfile: string } }>;
  };
  const named = Object.values(services).flatMap(({ volumes = [] }) => volumes.map((each) => each.split(':')[0] ?? ''));
  const files = named.filter((path) => path.startsWith('.')).map((path) => resolve(DEPLOY, path));
  expect(files.length).toBeGreaterThan(3);
  expect(files.filter((path) => !existsSync(path))).toEqual([]);
  expect(services.windhover?.build).toEqual({ context: '..', dockerfile: 'deploy/Dockerfile' });
});

test('container, compose, pod and unit start the program with options that it has', () => {
  const usage = `${readFileSync(join(ROOT, 'runtime/cli/server-options.ts'))}${readFileSync(join(ROOT, 'runtime/cli/serve.ts'))}`;
  const known = new Set([...usage.matchAll(/'?([a-z][a-z-]+)'?: \{ type/g)].map(([, name]) => `--${name}`));
  const commands = ['Dockerfile', 'compose.yaml', 'kubernetes/windhover.yaml', 'systemd/windhover.service']
    .map(text)
    .flatMap((file) => file.split('\n').filter((line) => /\bserve\b/.test(line) && !line.startsWith('#')));
  const used = commands.flatMap((line) => line.match(/--[a-z-]+/g) ?? []);
  expect(commands.length).toBeGreaterThan(2);
  expect(used.filter((option) => !known.has(option))).toEqual([]);
});
