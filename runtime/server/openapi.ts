/** GET /openapi: the API, described and to try out. All of it comes from this server: it works without a network. */
import { openapi } from '@elysiajs/openapi';
import type { Elysia } from 'elysia';

/** Where the page's own files are served, and which they are. */
const ASSETS = ['swagger-ui.css', 'swagger-ui-bundle.js'] as const;

const PAGE = `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Windhover API</title>
  <link rel="icon" href="data:,">
  <link rel="stylesheet" href="/openapi/swagger-ui.css">
</head>
<body>
  <div id="page"></div>
  <script src="/openapi/swagger-ui-bundle.js"></script>
  <script>SwaggerUIBundle({ url: '/openapi/json', dom_id: '#page', deepLinking: true });</script>
</body>
</html>
`;

export function addOpenApi(app: Elysia, version: string): void {
  const info = { title: 'Windhover', version, description: 'Sessions, their metadata and commands.' };
  app.use(openapi({ path: '/openapi', provider: null, documentation: { info }, exclude: { paths: [/^\/openapi/] } }));
  app.get('/openapi', () => new Response(PAGE, { headers: { 'content-type': 'text/html; charset=utf-8' } }));
  for (const name of ASSETS) {
    app.get(
      `/openapi/${name}`,
      () => new Response(Bun.file(Bun.resolveSync(`swagger-ui-dist/${name}`, import.meta.dir))),
    );
  }
}
