/**
 * GET /: the page of web/page/, with its script and style. Made when it is first asked for, so that a fresh clone needs no
 * build step. Its content security policy allows what this server delivers, and the video servers that cameras name.
 */
import { join } from 'node:path';
import type { Elysia } from 'elysia';
import type { CameraView, Sessions } from '../session/api.ts';
import { browserModule } from './browser-module.ts';
import { contextOf, seenBy } from './context.ts';
import { madeFile } from './made-file.ts';
import { describe } from './views.ts';

const FOLDER = join(import.meta.dir, '..', '..', 'web', 'page');

export function addPage(app: Elysia, sessions: Sessions): void {
  const page = madeFile({ type: 'text/html; charset=utf-8', make: () => Bun.file(join(FOLDER, 'index.html')).text() });
  app.get(
    '/',
    async ({ request }) => {
      const answer = await page(request);
      const { caller } = contextOf(request);
      // Which servers those are is not for everybody, so the answer is kept by nobody: after a log-in it is another one.
      answer.headers.set(
        'content-security-policy',
        policy(caller ? videoServers(seenBy(caller, sessions.cameras())) : []),
      );
      answer.headers.set('cache-control', 'no-store');
      answer.headers.delete('etag');
      answer.headers.set('referrer-policy', 'no-referrer');
      return answer;
    },
    { detail: file('The page') },
  );
  const script = madeFile({ type: 'text/javascript; charset=utf-8', make: () => browserModule('page/main.tsx') });
  app.get('/page.js', ({ request }) => script(request), { detail: file('Script of the page') });
  const style = madeFile({ type: 'text/css; charset=utf-8', make: pageStyle });
  app.get('/page.css', ({ request }) => style(request), { detail: file('Style of the page') });
}

function file(summary: string) {
  return describe(summary, { 200: { says: 'The file' }, 304: { says: 'It has not changed' } }, { role: 'public' });
}

const STYLES = ['base.css', 'layout.css', 'graph.css', 'past.css', 'login.css', 'settings.css'];

async function pageStyle(): Promise<string> {
  const parts = STYLES.map((name) => Bun.file(join(FOLDER, name)).text());
  return (await Promise.all(parts)).join('\n');
}

function policy(videoServers: readonly string[]): string {
  const connect = ["'self'", ...videoServers].join(' ');
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    'img-src data:',
    `media-src 'self' blob: ${videoServers.join(' ')}`.trim(),
    `connect-src ${connect}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

function videoServers(cameras: readonly CameraView[]): string[] {
  const origins = cameras.flatMap(({ view_url }) => {
    return view_url !== undefined && URL.canParse(view_url) ? [new URL(view_url).origin] : [];
  });
  return [...new Set(origins)].filter((origin) => origin !== 'null');
}
