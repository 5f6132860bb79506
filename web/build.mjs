// Builds the web app into dist: one script, one worker, one document with its style inside, all by content hash.
// Never asks the network, never writes outside dist, and gives the same bytes for the same sources.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build, transform } from 'esbuild';
import { catalogue, compiled } from './catalogue.mjs';

const WEB = dirname(fileURLToPath(import.meta.url));
const ROOT = dirname(WEB);

/** What the output depends on, relative to the repository's root. Files or folders; README.md tells the algorithm. */
export const STAMPED = [
  'web/build.mjs', 'web/catalogue.mjs', 'web/icons', 'web/index.html', 'web/manifest.json', 'web/package-lock.json', 'web/src', 'web/tsconfig.json', 'words',
];
const TARGET = ['chrome109', 'firefox115', 'safari16.4'];
/** Compressing what is nearly compressed gives nothing and costs the server a second file. */
const COMPRESSED = new Set(['.js', '.html', '.svg', '.webmanifest', '.json']);

/** FNV-1a, 64 bit, over "path\n" and the bytes of each file, in the order of the paths' bytes. */
export function stampOf(root = ROOT) {
  const paths = STAMPED.flatMap((place) => filesUnder(root, place)).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  let [high, low] = [0xcbf29ce4, 0x84222325];
  for (const path of paths) {
    for (const bytes of [Buffer.from(`${path}\n`), readFileSync(join(root, path))]) {
      for (const byte of bytes) {
        low = (low ^ byte) >>> 0;
        // Times 0x100000001b3, in two halves because numbers here hold 53 bits.
        const product = low * 0x1b3;
        high = (high * 0x1b3 + Math.floor(product / 0x100000000) + low * 0x100) >>> 0;
        low = product >>> 0;
      }
    }
  }
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
}

function filesUnder(root, place) {
  if (place !== '.' && extname(place) !== '') return [place];
  return readdirSync(join(root, place), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)).split('\\').join('/'));
}

function hashOf(bytes, length = 10) {
  return createHash('sha256').update(bytes).digest('hex').slice(0, length);
}

/** Everything but its own parts the later script takes from the first one, by its address. */
function takenFrom(script) {
  const own = /later\.tsx$|\/More$|\/ChartTable$|\/InstallSteps$|\.ftl\?later$/;
  return {
    name: 'taken-from',
    setup(bundler) {
      bundler.onResolve({ filter: /.*/ }, ({ path, kind }) => (kind === 'entry-point' || own.test(path) ? null : { path: script, external: true }));
    },
  };
}

async function bundle(entry, define, plugins = []) {
  const result = await build({
    absWorkingDir: WEB, entryPoints: [entry], bundle: true, minify: true, write: false, format: 'esm', target: TARGET,
    charset: 'utf8', legalComments: 'none', plugins: [...plugins, catalogue], define, logLevel: 'warning', jsx: 'automatic', jsxImportSource: 'preact',
  });
  return Buffer.from(result.outputFiles[0].contents);
}

/** Gathers everything first and writes it at the end, so that a server that reads the folder never finds it empty. */
class Output {
  files = new Map();

  write(path, content, compress = true) {
    const bytes = Buffer.from(content);
    this.files.set(path, bytes);
    if (!compress || !COMPRESSED.has(extname(path))) return;
    const brotli = { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } };
    for (const [ending, packed] of [['br', brotliCompressSync(bytes, brotli)], ['gz', gzipSync(bytes, { level: 9 })]]) {
      if (packed.length < bytes.length) this.files.set(`${path}.${ending}`, packed);
    }
  }

  into(folder) {
    mkdirSync(join(folder, 'assets'), { recursive: true });
    for (const [path, bytes] of this.files) writeFileSync(join(folder, path), bytes);
    for (const path of filesUnder(folder, '.')) {
      if (!this.files.has(path)) rmSync(join(folder, path));
    }
  }

  /** Writes an asset under the hash of its content and answers its address. */
  asset(name, content) {
    const ending = extname(name);
    const path = `assets/${name.slice(0, -ending.length)}-${hashOf(content)}${ending}`;
    this.write(path, content);
    return `/${path}`;
  }
}

function filled(template, values) {
  return template.replace(/\{\{([a-z-]+)\}\}/g, (_all, name) => {
    if (!(name in values)) throw new Error(`index.html asks for {{${name}}}, which the build does not know`);
    return values[name];
  });
}

function sentence(key) {
  const found = new RegExp(`^${key} = (.*)$`, 'm').exec(readFileSync(join(ROOT, 'words/en.ftl'), 'utf8'));
  if (!found) throw new Error(`words/en.ftl has no ${key}`);
  return found[1];
}

/** English is in the script; each other language is an asset of its own. */
function languageAssets(out) {
  const others = readdirSync(join(ROOT, 'words')).filter((name) => name.endsWith('.ftl') && name !== 'en.ftl').sort();
  return Object.fromEntries(others.map((name) => {
    const language = name.slice(0, -'.ftl'.length);
    return [language, out.asset(`words-${language}.json`, JSON.stringify(compiled(readFileSync(join(ROOT, 'words', name), 'utf8'))))];
  }));
}

function manifest(icons) {
  const text = JSON.parse(readFileSync(join(WEB, 'manifest.json'), 'utf8'));
  return JSON.stringify({ ...text, icons });
}

export async function buildInto(folder) {
  const stamp = stampOf();
  const out = new Output();
  const read = (path) => readFileSync(join(WEB, path));
  const css = (await transform(read('src/app.css').toString(), { loader: 'css', minify: true, target: TARGET })).code.trim();
  const languages = languageAssets(out);
  const script = out.asset('app.js', await bundle('src/main.tsx', {
    LANGUAGES: JSON.stringify(languages),
  }));
  const later = out.asset('later.js', await bundle('src/later.tsx', { BUILD: JSON.stringify(stamp.slice(0, 8)) }, [takenFrom(script)]));
  const icon = out.asset('icon.svg', read('icons/icon.svg'));
  const png = (name) => out.asset(`${name}.png`, read(`icons/${name}.png`));
  const document = filled(read('index.html').toString(), {
    css, script, later, icon, 'touch-icon': png('touch-180'), 'script-needed': sentence('script-needed'),
  });
  const styleHash = `sha256-${createHash('sha256').update(css).digest('base64')}`;
  const shell = out.asset('shell.html', document.replace('<!--keepwatch:now-->\n', ''));
  const policy = `default-src 'self'; style-src 'self' '${styleHash}'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'; form-action 'self'`;
  const kept = [script, later, icon, ...Object.values(languages)];
  const worker = await bundle('src/worker/main.ts', {
    BUILD: JSON.stringify(hashOf(document)), SHELL: JSON.stringify(shell), ASSETS: JSON.stringify(kept), POLICY: JSON.stringify(policy),
  });
  // The document is a template: the server puts readings into it, so only the server can compress it.
  out.write('index.html', document, false);
  out.write('sw.js', worker);
  const size = (src, sizes, purpose) => ({ src, sizes, type: 'image/png', purpose });
  out.write('manifest.webmanifest', manifest([
    size(png('icon-192'), '192x192', 'any'), size(png('icon-512'), '512x512', 'any'), size(png('maskable-512'), '512x512', 'maskable'),
  ]));
  out.write('csp.json', JSON.stringify({ style: [styleHash], script: [] }), false);
  out.write('.stamp', stamp, false);
  out.into(folder);
  return { stamp };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { stamp } = await buildInto(join(WEB, 'dist'));
  console.log(`web/dist is built, stamp ${stamp}`);
}
