// The look of a reading in every state of age, in words. Holds P2 at the screen.
import test from 'node:test';
import assert from 'node:assert/strict';
import english from '../../../words/en.ftl';
import type { Glance, Reading } from '../wire/schema';
import { Words } from '../words/words';
import { readingView, unchangedUntil, type Viewing } from './view';

const NOW = Date.UTC(2026, 0, 15, 1, 31);
const MINUTE = 60_000;
const words = new Words('en', english);
const TIMING = { interval_ms: 5 * MINUTE, fresh_ms: 6 * MINUTE, late_ms: 12 * MINUTE };
const VIEWING: Viewing = {
  now: NOW, unit: 'mg', place: { locale: 'en-GB', zone: 'Europe/Berlin' }, connection: { heardAt: NOW, trouble: 'none' }, confirmed: true, checking: false,
};

function ben(ageMinutes: number, reading: Partial<Reading> = {}, contactMinutes = ageMinutes): Glance {
  const latest: Reading = { at: NOW - ageMinutes * MINUTE, mg_dl: 63, trend: 'forty_five_down', ...reading };
  return {
    person: { id: 'p_b', name: 'Ben', unit: 'mg/dL', time_zone: 'Europe/Berlin', demo: false }, latest, delta: { mg_dl: -6, minutes: 5 }, ...TIMING,
    sources: [{ id: 's', name: 'Ben’s phone', kind: 'share', ...TIMING, last_contact: NOW - contactMinutes * MINUTE, last_reading: latest.at, refused: null, shown: true }],
  };
}

const view = (glance: Glance, viewing: Partial<Viewing> = {}) => readingView(glance, { ...VIEWING, ...viewing }, words.say);

test('fresh: level, direction and age, and one spoken sentence', () => {
  const seen = view(ben(2));
  assert.equal(`${seen.headline} · ${seen.age}`, 'Low, falling slowly · 2 min ago');
  assert.equal(seen.spoken, 'Ben, 63 milligrams per decilitre, low, falling slowly, 2 minutes ago');
  assert.equal(seen.delta, '−6 in 5 min');
  assert.equal(view(ben(1)).spoken, 'Ben, 63 milligrams per decilitre, low, falling slowly, 1 minute ago');
});

test('late: the same, and what is missing', () => {
  assert.equal(view(ben(8)).missing, 'One reading is missing.');
  assert.equal(view(ben(11)).missing, '2 readings are missing.');
  assert.equal(view(ben(4)).missing, null);
});

test('stale: no arrow, no change, and the low is told with its time', () => {
  const seen = view(ben(18));
  assert.equal(seen.headline, 'No new reading for 18 min.');
  assert.deepEqual([seen.trend, seen.delta], [null, null]);
  assert.equal(seen.was, 'It was low (63) at 02:13.');
  assert.equal(seen.cause, 'Ben’s phone hasn’t been in touch since 02:13. Check it has power and internet.');
  assert.equal(seen.spoken, 'Ben, old reading. No new reading for 18 min.');
  assert.equal(view(ben(80)).headline, 'No new reading since 01:11 (1 h 20 min ago).');
});

test('unknown: no number at all', () => {
  const never = view({ ...ben(0), latest: null, sources: [] });
  assert.deepEqual([never.value, never.headline], [null, 'No reading yet']);
  const old = view(ben(30 * 60));
  assert.deepEqual([old.value, old.headline], [null, 'No reading since Tuesday']);
});

test('clock suspect, off the scale, checking, saved', () => {
  assert.equal(view(ben(1, { clock_suspect: true })).suspect, true);
  const below = view(ben(1, { mg_dl: null, range: 'below' }));
  assert.deepEqual([below.value, below.isWord, below.level], ['Below 40', true, 'urgent_low']);
  assert.equal(view(ben(1, { mg_dl: null, range: 'above' }), { unit: 'mmol' }).value, 'Above 22.2');
  assert.equal(view(ben(2), { checking: true }).age, 'checking…');
  const saved = view(ben(2), { confirmed: false });
  assert.deepEqual([saved.freshness, saved.saved], ['late', 'Saved at 02:31, not checked.']);
});

test('a direction that nobody computed is not drawn', () => {
  assert.equal(view(ben(2, { trend: 'not_computable' })).headline, 'Low');
  assert.equal(view(ben(2, { trend: null })).spoken, 'Ben, 63 milligrams per decilitre, low, 2 minutes ago');
});

test('a view is true for as long as it says, second by second over half an hour', () => {
  for (const glance of [ben(0), ben(3.3, {}, 1.7), ben(-4, { clock_suspect: false }), { ...ben(5), fresh_ms: 7.4 * MINUTE }]) {
    let until = NOW - 1;
    let told = '';
    for (let now = NOW; now < NOW + 30 * MINUTE; now += 1_000) {
      const text = JSON.stringify([view(glance, { now, connection: { heardAt: now, trouble: 'none' } })]);
      if (now > until) {
        until = unchangedUntil(glance, now);
        told = text;
        assert.ok(until >= now && until <= now + MINUTE);
      }
      assert.equal(text, told);
    }
  }
});
