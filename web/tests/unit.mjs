// Bundles each *.test.ts and hands it to node's own test runner. Needs no browser and no network.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { catalogue } from '../catalogue.mjs';

const WEB = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), 'keepwatch-web-'));
const entries = readdirSync(join(WEB, 'src'), { recursive: true }).filter((path) => path.endsWith('.test.ts')).sort();

try {
  await build({
    absWorkingDir: WEB, entryPoints: entries.map((path) => join('src', path)), outdir: folder, outbase: 'src', outExtension: { '.js': '.mjs' },
    bundle: true, platform: 'node', format: 'esm', target: 'node20', plugins: [catalogue], logLevel: 'warning', sourcemap: 'inline',
  });
  const built = entries.map((path) => join(folder, path.replace(/\.ts$/, '.mjs')));
  const own = ['build', 'words'].map((name) => join(WEB, 'tests', `${name}.test.mjs`));
  const run = spawnSync(process.execPath, ['--enable-source-maps', '--test', ...built, ...own], { stdio: 'inherit', env: { ...process.env, TZ: 'Europe/Berlin' } });
  process.exitCode = run.status ?? 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
