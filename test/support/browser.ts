/** Chromium from the system, without a window, for tests of what runs in a browser. */
import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

export const CHROMIUM = '/usr/bin/chromium';

export const hasChromium = existsSync(CHROMIUM);
if (!hasChromium) console.warn(`skipped: there is no ${CHROMIUM} (apt-get install chromium)`);

export async function openBrowser(): Promise<Browser> {
  // Without a sandbox: tests also run as root, and show pages of their own only.
  const args = ['--no-sandbox', '--autoplay-policy=no-user-gesture-required', '--hide-scrollbars'];
  return chromium.launch({ executablePath: CHROMIUM, args });
}

/** What a page complains about, and what it asks of others than its own server. */
export function complaints(page: Page, origin: string): string[] {
  const found: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) found.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => found.push(`exception: ${error.message}`));
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(origin) && !/^(data|blob):/.test(url)) found.push(`request: ${url}`);
  });
  return found;
}
