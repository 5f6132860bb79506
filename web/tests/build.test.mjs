// What the build promises: the same bytes twice, sizes within the budget, few packages, readable colours, and a stamp
// that the server can compute for itself. Builds into a folder of its own.
import test from 'node:test';
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { buildInto, STAMPED, stampOf } from '../build.mjs';
import { day, glance, NOW } from './scenes.mjs';

const WEB = dirname(dirname(fileURLToPath(import.meta.url)));
const KB = 1_000;
/** Sizes that a change may not pass; gzip, in bytes. */
const BUDGET = { home: 30 * KB, allRoutes: 60 * KB, css: 8 * KB, worker: 3 * KB, document: 15 * KB };
const PACKAGES = 12;

const folder = mkdtempSync(join(tmpdir(), 'keepwatch-dist-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));
const [first, second] = [join(folder, 'first'), join(folder, 'second')];
await buildInto(first);
await buildInto(second);

const files = (place) => readdirSync(place, { recursive: true, withFileTypes: true }).filter((each) => each.isFile()).map((each) => join(each.parentPath ?? each.path, each.name).slice(place.length + 1)).sort();
const read = (path) => readFileSync(join(first, path));
const zipped = (bytes) => gzipSync(bytes, { level: 9 }).length;
const assets = (pattern) => files(first).filter((path) => pattern.test(path));
const sizeOf = (pattern) => assets(pattern).reduce((sum, path) => sum + zipped(read(path)), 0);

test('two builds are the same to the byte', () => {
  assert.deepEqual(files(second), files(first));
  for (const path of files(first)) assert.ok(read(path).equals(readFileSync(join(second, path))), path);
});

test('sizes stay within the budget', () => {
  const document = read('index.html').toString();
  const css = /<style>([^]*?)<\/style>/.exec(document)?.[1] ?? '';
  const people = ['Ada', 'Ben', 'Cleo', 'Dan'].map((name, index) => glance({ id: `${index}q7x2k9d`, name, last: 100 + index, readings: day({ ageMs: 120_000, last: 100, level: 110 + 20 * index }) }));
  const now = JSON.stringify({ time: NOW, cursor: 'c', viewer: { name: 'Maria', unit: 'mg/dL' }, people });
  const sizes = {
    home: sizeOf(/^assets\/app-.*\.js$/),
    allRoutes: sizeOf(/^assets\/.*\.js$/),
    css: zipped(css),
    worker: zipped(read('sw.js')),
    document: zipped(document.replace('<!--keepwatch:now-->', `<script type="application/json" id="now">${now}</script>`)),
  };
  console.log(JSON.stringify(sizes));
  for (const [name, size] of Object.entries(sizes)) assert.ok(size > 0 && size <= BUDGET[name], `${name}: ${size} of ${BUDGET[name]} bytes`);
});

test('the document asks for one script before the reading is there', () => {
  const document = read('index.html').toString();
  assert.equal([...document.matchAll(/<script[^>]* src=/g)].length, 1);
  assert.equal([...document.matchAll(/rel="(stylesheet|preload|modulepreload)"/g)].length, 0);
  assert.ok(document.includes('<!--keepwatch:now-->'));
  assert.ok(!/https?:\/\//.test(document.replace(/<style>[^]*?<\/style>/, '')), 'nothing from elsewhere');
  assert.ok(!/user-scalable|maximum-scale/.test(document), 'zoom is never forbidden');
});

test('a packed copy stands beside what gains from it, never beside the template', () => {
  for (const path of files(first)) {
    const bare = path.replace(/\.(br|gz)$/, '');
    if (bare !== path) assert.ok(read(path).length < read(bare).length, path);
  }
  assert.deepEqual(assets(/^index\.html\./), []);
  assert.equal(assets(/^assets\/app-.*\.js\.(br|gz)$/).length, 2);
});

test('the manifest installs: names, start, and icons that exist in the sizes it tells', () => {
  const manifest = JSON.parse(read('manifest.webmanifest').toString());
  assert.equal(manifest.display, 'standalone');
  assert.ok(manifest.name && manifest.short_name && manifest.start_url === '/');
  assert.ok(manifest.icons.some((each) => each.purpose === 'maskable'));
  for (const { src, sizes } of manifest.icons) {
    const png = read(src.slice(1));
    assert.equal(`${png.readUInt32BE(16)}x${png.readUInt32BE(20)}`, sizes, src);
  }
});

test('packages: at most twelve on a machine, each with a reason', () => {
  // A program for one platform is listed in the lock once per platform, but a machine installs exactly one of each
  // family. So of packages bound to an operating system only this machine's kind counts.
  const lock = JSON.parse(readFileSync(join(WEB, 'package-lock.json'), 'utf8')).packages;
  const here = Object.entries(lock).filter(([path, { os, cpu, libc }]) => {
    return path !== '' && (!os || (os.includes('linux') && cpu?.includes('x64') && !libc?.includes('musl')));
  });
  const names = here.map(([path]) => path.replace('node_modules/', '')).sort();
  assert.ok(names.length <= PACKAGES, names.join(' '));
  assert.deepEqual(Object.keys(JSON.parse(readFileSync(join(WEB, 'packages.json'), 'utf8'))).sort(), names);
  assert.ok(Object.values(lock).every((each) => each.resolved === undefined), 'the lock holds no addresses');
});

test('the stamp is FNV-1a over paths and bytes, as README.md tells', () => {
  const root = join(folder, 'tree');
  for (const place of STAMPED) {
    const isFile = /\.[a-z]+$/.test(place);
    mkdirSync(join(root, isFile ? dirname(place) : place), { recursive: true });
    writeFileSync(join(root, isFile ? place : join(place, 'one')), `${place}!`);
  }
  let expected = 0xcbf29ce484222325n;
  const paths = STAMPED.map((place) => (/\.[a-z]+$/.test(place) ? place : `${place}/one`)).sort();
  for (const path of paths) {
    for (const byte of Buffer.from(`${path}\n${path.replace(/\/one$/, '')}!`)) expected = BigInt.asUintN(64, (expected ^ BigInt(byte)) * 0x100000001b3n);
  }
  assert.equal(stampOf(root), expected.toString(16).padStart(16, '0'));
  assert.equal(read('.stamp').toString(), stampOf());
});

/** The palettes, read from the CSS itself. */
function palettes() {
  const css = readFileSync(join(WEB, 'src/app.css'), 'utf8');
  const block = (start) => {
    const from = css.indexOf(start);
    const body = css.slice(css.indexOf('{', from), css.indexOf('}', from));
    return Object.fromEntries([...body.matchAll(/--([a-z0-9-]+): (#[0-9a-f]{6})/g)].map(([, name, colour]) => [name, colour]));
  };
  return {
    light: block(':root {'), dark: block(':root[data-palette="dark"]'), night: block(':root[data-palette="night"]'),
    followed: block(':root:not([data-palette="light"])'),
  };
}

function contrast(one, other) {
  const light = (hex) => {
    const [r, g, b] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [a, b] = [light(one), light(other)].sort((x, y) => y - x);
  return (a + 0.05) / (b + 0.05);
}

test('every colour can be read on every ground, in every palette', () => {
  const { followed, ...own } = palettes();
  assert.deepEqual(followed, own.dark);
  for (const [name, tokens] of Object.entries(own)) {
    for (const ground of ['bg', 'card', 'band']) {
      for (const text of ['ink', 'ink-2', 'link', 'focus', 'low', 'high', 'stale', 'done']) {
        assert.ok(contrast(tokens[text], tokens[ground]) >= 4.5, `${name}: ${text} on ${ground}`);
      }
      assert.ok(contrast(tokens.line, tokens[ground]) >= 3, `${name}: line on ${ground}`);
    }
    for (const fill of ['act', 'urgent']) assert.ok(contrast(tokens[`${fill}-ink`], tokens[fill]) >= 4.5, `${name}: ${fill}`);
    assert.ok(contrast(tokens.card, tokens.ink) >= 4.5, `${name}: pressed button`);
  }
});
