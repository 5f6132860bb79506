// Runs the browser tests against the built app. Builds it first, so that no test looks at yesterday's page.
// KEEPWATCH_BINARY adds a walk against the real server; KEEPWATCH_SCREENSHOTS names a folder for pictures of each state.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildInto } from '../build.mjs';

const TESTS = dirname(fileURLToPath(import.meta.url));
await buildInto(join(dirname(TESTS), 'dist'));
const files = readdirSync(TESTS).filter((name) => name.endsWith('.browser.mjs')).sort().map((name) => join(TESTS, name));
const run = spawnSync(process.execPath, ['--test', '--test-concurrency=2', ...files], { stdio: 'inherit' });
process.exitCode = run.status ?? 1;
