// What every browser test needs: the browser, a page on a scene at its hour, axe, and pictures. Asserts nothing by itself.
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { NOW } from './scenes.mjs';
import { Stub } from './stub.mjs';

const AXE = readFileSync(fileURLToPath(new URL('../node_modules/axe-core/axe.min.js', import.meta.url)), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const CHROMIUM = process.env.KEEPWATCH_CHROMIUM ?? '/usr/bin/chromium';
export const PHONE = { width: 390, height: 844 };
export const PALETTES = ['light', 'dark', 'night'];

export class Bench {
  static async open() {
    const bench = new Bench();
    bench.stub = await new Stub().listen();
    bench.browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
    return bench;
  }

  async close() {
    await this.browser.close();
    await this.stub.close();
  }

  /** One page for each palette, shown again: much faster than a new browser for each scene. */
  async again(palette) {
    this.kept ??= {};
    const known = this.kept[palette];
    if (!known) return (this.kept[palette] = await this.page({ palette }));
    await known.clock.setSystemTime(NOW);
    await known.goto(this.stub.url);
    await known.waitForSelector('h1');
    return known;
  }

  /** A page in a browser of its own. What it logs as wrong is collected in `page.faults`. */
  async page({ palette = 'light', viewport = PHONE, path = '/', workers = false, locale = 'en-GB', settings = {}, url = this.stub.url, clock = true, ...more } = {}) {
    const context = await this.browser.newContext({
      viewport, locale, timezoneId: 'Europe/Berlin', colorScheme: palette === 'dark' ? 'dark' : 'light', serviceWorkers: workers ? 'allow' : 'block', ...more,
    });
    const page = await context.newPage();
    page.faults = [];
    page.on('pageerror', (error) => page.faults.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) page.faults.push(message.text());
    });
    if (clock) await page.clock.install({ time: NOW });
    const chosen = { ...(palette === 'night' ? { palette } : {}), ...settings };
    await page.addInitScript((kept) => {
      if (!localStorage.getItem('keepwatch')) localStorage.setItem('keepwatch', kept);
    }, JSON.stringify(chosen));
    if (path !== null) {
      await page.goto(url + path);
      await page.waitForSelector('h1');
    }
    return page;
  }
}

/** What axe finds, as lines to read. Empty is clean. */
export async function axe(page) {
  // Through the debugger, which the page's own policy does not stop.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate((tags) => globalThis.axe.run(document, { runOnly: tags }), TAGS);
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 120)} ${node.failureSummary?.split('\n')[1] ?? ''}`));
}

export async function picture(page, name) {
  const folder = process.env.KEEPWATCH_SCREENSHOTS;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}

/** By how many pixels the page is wider than the screen. */
export function overflow(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}
