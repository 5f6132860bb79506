// What the page remembers, and what it is told to say: folding, history, settings, announcements, addresses, fingers.
import test from 'node:test';
import assert from 'node:assert/strict';
import type { Glance, LiveEntry, Reading } from '../wire/schema';
import { Gestures } from '../parts/gestures';
import { phrase } from '../model/phrase';
import type { ReadingView } from '../model/view';
import { Announcer } from './announcer';
import { Glances, WINDOW_MS } from './glances';
import { History } from './history';
import { personPath, routeOf } from './route';
import { Settings } from './settings';

const NOW = 1_768_440_680_000;
const MINUTE = 60_000;
const VIEWER = { name: 'M', unit: 'mg/dL' } as const;
const TIMING = { interval_ms: 5 * MINUTE, fresh_ms: 6 * MINUTE, late_ms: 12 * MINUTE };

function person(id: string, readings: Reading[] = []): Glance {
  const source = { id: 's_1', name: 'S', kind: 'share', ...TIMING, last_contact: 0, last_reading: 0, refused: null, shown: true } as const;
  return { person: { id, name: id, unit: 'mg/dL', time_zone: 'UTC', demo: false }, latest: readings.at(-1) ?? null, delta: null, ...TIMING, readings, sources: [source] };
}

function holding(...people: Glance[]): Glances {
  const glances = new Glances();
  glances.applyNow({ time: NOW, cursor: 'c', viewer: VIEWER, people });
  return glances;
}

const at = (minutes: number, mg_dl = 100): Reading => ({ at: NOW - minutes * MINUTE, mg_dl });
const entry = (kind: LiveEntry['kind'], reading: Reading, latest = reading): LiveEntry => ({ person: 'a', kind, reading, latest, delta: null, shown: 's_1', ...TIMING });
const times = (glances: Glances) => glances.find('a')?.readings?.map((each) => (NOW - each.at) / MINUTE);

test('a reading goes to its place, a correction replaces, a withdrawal removes', () => {
  const glances = holding(person('a', [at(15), at(5)]));
  glances.applyEntry(entry('taken', at(10), at(5)), NOW);
  assert.deepEqual(times(glances), [15, 10, 5]);
  glances.applyEntry(entry('corrected', at(10, 77), at(5)), NOW);
  assert.deepEqual(glances.find('a')?.readings?.map((each) => each.mg_dl), [100, 77, 100]);
  glances.applyEntry(entry('withdrawn', at(5), at(10, 77)), NOW);
  assert.deepEqual(times(glances), [15, 10]);
  assert.equal(glances.find('a')?.latest?.mg_dl, 77);
});

test('another source is a sign of life and no dot; a day is all that stays', () => {
  const glances = holding(person('a', [{ at: NOW - WINDOW_MS, mg_dl: 90 }, at(5)]));
  glances.applyEntry(entry('taken', { ...at(1), source: 's_2' }, at(5)), NOW);
  assert.deepEqual(times(glances), [5]);
  glances.applyEntry(entry('taken', at(0)), NOW);
  assert.equal(glances.find('a')?.sources[0]?.last_contact, NOW);
});

test('a partial now replaces only whom it names; a people event keeps the readings', () => {
  const glances = holding(person('a', [at(5)]), person('b'));
  glances.applyNow({ time: NOW, cursor: 'd', viewer: VIEWER, partial: true, people: [person('a', [at(5), at(0)])] });
  assert.deepEqual(glances.people.value.map((each) => each.person.id), ['a', 'b']);
  const { readings: _gone, ...bare } = person('a');
  glances.applyPeople({ time: NOW, cursor: 'e', viewer: VIEWER, people: [bare] });
  assert.deepEqual(times(glances), [5, 0]);
  assert.equal(glances.find('b'), undefined);
  glances.applyEnded('a');
  assert.deepEqual(glances.people.value, []);
});

test('who is unknown is never passed over in silence; who is not listed is gone', () => {
  const glances = holding(person('a', [at(5)]));
  assert.equal(glances.applyEntry({ ...entry('taken', at(0)), person: 'b' }, NOW), false);
  assert.equal(glances.applyContact({ person: 'b', source: person('b').sources[0]! }), false);
  assert.equal(glances.applyEntry(entry('taken', at(0)), NOW), true);
  const { readings: _none, ...bare } = person('b');
  assert.equal(glances.applyPeople({ time: NOW, cursor: 'e', viewer: VIEWER, people: [bare] }), false);
  assert.deepEqual(glances.people.value.map((each) => each.person.id), ['b']);
});

test('when another source takes over, its beat counts and the old one is not called in touch', () => {
  const first = person('a', [at(20)]);
  const second = { ...first.sources[0]!, id: 's_2', shown: false };
  const glances = holding({ ...first, sources: [...first.sources, second] });
  const disagreement = { sources: ['s_2', 's_1'], mg_dl: [140, 100] };
  glances.applyEntry({ ...entry('taken', at(0, 140)), shown: 's_2', interval_ms: MINUTE, fresh_ms: 2 * MINUTE, late_ms: 3 * MINUTE, disagreement }, NOW);
  const held = glances.find('a');
  assert.deepEqual([held?.interval_ms, held?.fresh_ms, held?.late_ms], [MINUTE, 2 * MINUTE, 3 * MINUTE]);
  assert.deepEqual(held?.disagreement, disagreement);
  assert.deepEqual(held?.sources.map((each) => [each.id, each.shown, each.last_contact]), [['s_1', false, 0], ['s_2', true, NOW]]);
  glances.applyEntry({ ...entry('taken', { ...at(0), source: 's_1' }, at(0, 140)), shown: 's_2' }, NOW + 1);
  assert.deepEqual(glances.find('a')?.sources.map((each) => each.last_contact), [NOW + 1, NOW]);
  assert.equal(glances.find('a')?.disagreement, null);
});

test('a contact updates the source and the beat of the shown one', () => {
  const glances = holding(person('a'));
  const source = { ...person('a').sources[0]!, last_contact: NOW, fresh_ms: 7 * MINUTE };
  glances.applyContact({ person: 'a', source });
  assert.equal(glances.find('a')?.fresh_ms, 7 * MINUTE);
  glances.applyContact({ person: 'a', source: { ...source, id: 's_9', shown: false, fresh_ms: 1 } });
  assert.deepEqual([glances.find('a')?.sources.length, glances.find('a')?.fresh_ms], [2, 7 * MINUTE]);
});

test('a meter check is kept once', () => {
  const glances = holding(person('a', [at(5)]));
  const check = { at: NOW, mg_dl: 112, by: 'Grandma' };
  for (let twice = 0; twice < 2; twice += 1) glances.applyEntry({ person: 'a', kind: 'meter', meter_check: check, latest: at(5), delta: null, shown: 's_1', ...TIMING }, NOW);
  assert.deepEqual(glances.find('a')?.meter_checks, [check]);
  assert.deepEqual(times(glances), [5]);
});

test('earlier days are fetched once and joined; a failure says so and may be repeated', async () => {
  const asked: [number, number][] = [];
  let failing = true;
  const history = new History(async (_person, from, to) => {
    asked.push([from, to]);
    if (failing) throw new Error('no network');
    return { time: NOW, person: 'a', readings: [{ at: from, mg_dl: 100 }], meter_checks: [] };
  });
  await history.reach('a', NOW - WINDOW_MS / 2, NOW);
  assert.equal(asked.length, 0);
  await history.reach('a', NOW - WINDOW_MS - MINUTE, NOW);
  assert.equal(history.of('a').failed, true);
  failing = false;
  await history.reach('a', NOW - WINDOW_MS - MINUTE, NOW);
  await history.reach('a', NOW - WINDOW_MS - 2 * MINUTE, NOW);
  assert.deepEqual(asked.at(-1), [NOW - 2 * WINDOW_MS, NOW - WINDOW_MS]);
  assert.equal(asked.length, 2);
  history.forget('a');
  assert.equal(history.of('a').readings.length, 0);
});

test('choices outlive the page, and nonsense on the shelf is not believed', () => {
  const shelf = new Map<string, string>();
  const face = { getItem: (key: string) => shelf.get(key) ?? null, setItem: (key: string, value: string) => void shelf.set(key, value), removeItem: (key: string) => void shelf.delete(key) };
  new Settings(face).choose({ unit: 'mmol', palette: 'night' });
  assert.equal(new Settings(face).choices.value.unit, 'mmol');
  shelf.set('keepwatch', '{"unit":"stone","nightFrom":"25","order":[1,"a"],"palette":"dark"}');
  const { unit, nightFrom, order, palette } = new Settings(face).choices.value;
  assert.deepEqual([unit, nightFrom, order, palette], [null, '22:00', ['a'], 'dark']);
  shelf.set('keepwatch', '{');
  assert.equal(new Settings(face).choices.value.palette, 'follow');
  assert.equal(new Settings(null).choices.value.readEach, false);
});

test('levels and old readings are announced once, new values only if wished', () => {
  const announcer = new Announcer();
  const unit = phrase('unit-spoken');
  const seen = (freshness: ReadingView['freshness'], level: ReadingView['level'], readingAt: number, readEach = false) =>
    announcer.observe({ id: 'a', name: 'Ada', freshness, level, value: '63', headline: 'x' } as ReadingView, readingAt, unit, readEach)?.phrase.key ?? null;
  assert.equal(seen('fresh', 'in_range', 1), null);
  assert.equal(seen('fresh', 'in_range', 2), null);
  assert.equal(seen('fresh', 'in_range', 3, true), 'announce-new');
  assert.equal(seen('fresh', 'low', 4), 'announce-level');
  assert.equal(seen('late', 'low', 4), null);
  assert.equal(seen('stale', 'low', 4), 'announce-stale');
  assert.equal(seen('stale', 'low', 4), null);
  assert.equal(seen('fresh', 'low', 5), 'announce-level');
});

test('addresses lead to screens and never carry a name', () => {
  assert.deepEqual(routeOf('/'), { screen: 'people' });
  assert.deepEqual(routeOf(personPath('p_1/2')), { screen: 'person', id: 'p_1/2' });
  assert.deepEqual(routeOf('/app/more'), { screen: 'more' });
  assert.deepEqual([routeOf('/app/a/b').screen, routeOf('/app/%E0').screen], ['gone', 'gone']);
});

test('fingers: a tap reads, a drag pans, two zoom, a double tap resets', () => {
  const done: string[] = [];
  const gestures = new Gestures({
    pan: (px) => done.push(`pan ${px}`), zoom: (factor, about) => done.push(`zoom ${factor} ${about}`), tap: (px) => done.push(`tap ${px}`), reset: () => done.push('reset'),
  });
  gestures.down(1, 100); gestures.move(1, 103); gestures.up(1, 103, 0);
  gestures.down(1, 100); gestures.up(1, 100, 200);
  gestures.down(1, 100); gestures.move(1, 90); gestures.move(1, 80); gestures.up(1, 80, 900);
  gestures.down(1, 100); gestures.down(2, 200); gestures.move(2, 300); gestures.up(2, 300, 1_000); gestures.up(1, 100, 1_001);
  assert.deepEqual(done, ['tap 103', 'reset', 'pan -10', 'pan -10', 'zoom 0.5 200']);
});
