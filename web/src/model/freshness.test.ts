// Ages at each edge, for sources of several beats, and readings that come from the future. Holds P2.
import test from 'node:test';
import assert from 'node:assert/strict';
import { capUnconfirmed, clockSuspect, freshnessOf, missingReadings } from './freshness';

const NOW = 1_768_440_680_000;
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const FIVE = { interval_ms: 5 * MINUTE, fresh_ms: 6 * MINUTE, late_ms: 12 * MINUTE };
const aged = (ms: number) => ({ at: NOW - ms, mg_dl: 112 });

test('a five-minute source is fresh to 6:00 and late to 12:00', () => {
  const of = (ms: number) => freshnessOf(aged(ms), FIVE, NOW);
  assert.equal(of(0), 'fresh');
  assert.equal(of(6 * MINUTE), 'fresh');
  assert.equal(of(6 * MINUTE + SECOND), 'late');
  assert.equal(of(12 * MINUTE), 'late');
  assert.equal(of(12 * MINUTE + SECOND), 'stale');
  assert.equal(of(24 * 60 * MINUTE), 'stale');
  assert.equal(of(24 * 60 * MINUTE + SECOND), 'unknown');
  assert.equal(freshnessOf(null, FIVE, NOW), 'unknown');
});

test('other beats bring their own edges', () => {
  const fifteen = { interval_ms: 15 * MINUTE, fresh_ms: 18 * MINUTE, late_ms: 36 * MINUTE };
  assert.equal(freshnessOf(aged(18 * MINUTE), fifteen, NOW), 'fresh');
  assert.equal(freshnessOf(aged(20 * MINUTE), fifteen, NOW), 'late');
  assert.equal(freshnessOf(aged(37 * MINUTE), fifteen, NOW), 'stale');
});

test('a reading is called missing only if one is', () => {
  assert.equal(missingReadings(aged(4 * MINUTE), FIVE, NOW), 0);
  assert.equal(missingReadings(aged(8 * MINUTE), FIVE, NOW), 1);
  assert.equal(missingReadings(aged(11 * MINUTE), FIVE, NOW), 2);
  assert.equal(missingReadings(aged(8 * MINUTE), { ...FIVE, interval_ms: 15 * MINUTE }, NOW), 0);
});

test('two minutes ahead are jitter, more is a wrong clock', () => {
  assert.equal(clockSuspect(aged(-2 * MINUTE), NOW), false);
  assert.equal(clockSuspect(aged(-2 * MINUTE - SECOND), NOW), true);
  assert.equal(clockSuspect({ ...aged(MINUTE), clock_suspect: true }, NOW), true);
  assert.equal(freshnessOf(aged(-30 * SECOND), FIVE, NOW), 'fresh');
});

test('what nobody confirmed is never fresh', () => {
  assert.equal(capUnconfirmed('fresh', false), 'late');
  assert.equal(capUnconfirmed('fresh', true), 'fresh');
  assert.equal(capUnconfirmed('stale', false), 'stale');
});
