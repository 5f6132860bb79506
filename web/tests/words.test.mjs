// The catalogue: the same keys and variables in every language, every key that the page says, and plain words.
import test from 'node:test';
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FluentBundle, FluentResource } from '@fluent/bundle';
import { build } from 'esbuild';
import { compiled } from '../catalogue.mjs';

const WEB = dirname(dirname(fileURLToPath(import.meta.url)));
const WORDS = join(WEB, '..', 'words');
const LANGUAGES = readdirSync(WORDS).filter((name) => name.endsWith('.ftl')).map((name) => name.slice(0, -4));
const text = (language) => readFileSync(join(WORDS, `${language}.ftl`), 'utf8');

function messages(language) {
  return new Map(new FluentResource(text(language)).body.map((each) => [each.id, each.value]));
}

function variables(value, found = new Set()) {
  for (const each of Array.isArray(value) ? value : []) {
    if (each.type === 'var') found.add(each.name);
    if (each.type !== 'select') continue;
    found.add(each.selector.name);
    for (const variant of each.variants) variables(variant.value, found);
  }
  return found;
}

test('every language has the same keys, and each the same variables', () => {
  const english = messages('en');
  for (const language of LANGUAGES) {
    const other = messages(language);
    assert.deepEqual([...other.keys()].sort(), [...english.keys()].sort(), language);
    for (const [id, value] of english) assert.deepEqual([...variables(other.get(id))].sort(), [...variables(value)].sort(), `${language}: ${id}`);
  }
});

test('every line of a catalogue is understood', () => {
  for (const language of LANGUAGES) {
    const keys = [...text(language).matchAll(/^([a-z][a-z0-9-]*) =/gm)].map(([, key]) => key);
    assert.deepEqual(keys, [...messages(language).keys()], language);
    assert.equal(new Set(keys).size, keys.length, `${language} says a key twice`);
  }
});

test('every key that the page says is in the catalogue, and every key of the page is said', () => {
  const sources = readdirSync(join(WEB, 'src'), { recursive: true }).filter((path) => /\.tsx?$/.test(path) && !path.includes('.test.'));
  const code = sources.map((path) => readFileSync(join(WEB, 'src', path), 'utf8')).join('\n') + readFileSync(join(WEB, 'build.mjs'), 'utf8');
  const english = messages('en');
  const said = [...code.matchAll(/(?:say|phrase|sentence)\(\s*'([a-z-]+)'/g)].map(([, key]) => key);
  assert.ok(said.length > 80);
  for (const key of said) assert.ok(english.has(key), `the catalogue has no ${key}`);
  const unsaid = [...english.keys()].filter((key) => !key.startsWith('page-') && !code.includes(`'${key}'`));
  assert.deepEqual(unsaid, []);
});

test('the page says what the Fluent library would say', async () => {
  const { outputFiles } = await build({ entryPoints: [join(WEB, 'src/words/words.ts')], bundle: true, write: false, format: 'esm' });
  const { Words } = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
  for (const language of LANGUAGES) {
    const ours = new Words(language, compiled(text(language)));
    const theirs = new FluentBundle(language, { useIsolating: false });
    theirs.addResource(new FluentResource(text(language)));
    for (const id of Object.keys(compiled(text(language)))) {
      for (const given of [0, 1, 2, 'low', 'mmol', 'double_up']) {
        const args = Object.fromEntries([...variables(messages(language).get(id))].map((name) => [name, given]));
        assert.equal(ours.say({ key: id, args }), theirs.formatPattern(theirs.getMessage(id).value, args, []), `${language}: ${id}`);
      }
    }
  }
});

test('sentences are short, blame nobody and advise no dose (P12)', () => {
  const banned = /\b(failed|invalid|oops|error|patient|insulin|carbs?|bolus|dose|payload|token|uploader|don.t worry|all good)\b|!/i;
  for (const value of messages('en').values()) {
    const plain = (Array.isArray(value) ? value.map((each) => (typeof each === 'string' ? each : 'one')).join('') : value);
    for (const sentence of plain.split(/[.?] /)) assert.ok(sentence.split(/\s+/).length <= 15, `too long: ${sentence}`);
    assert.ok(!banned.test(plain), `not our words: ${plain}`);
  }
});
