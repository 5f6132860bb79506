// Which link is broken, and that only a known cause is named. Holds P3 as far as a screen can.
import test from 'node:test';
import assert from 'node:assert/strict';
import type { Glance, Source } from '../wire/schema';
import { chainOf, chainSummary, deviceState, phoneName, type Connection } from './chain';

const NOW = Date.UTC(2026, 0, 15, 1, 31);
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const PLACE = { locale: 'en-GB', zone: 'Europe/Berlin' };
const WELL: Connection = { heardAt: NOW - 5 * SECOND, trouble: 'none' };

function ada(ageMs: number | null, contactMs: number | null, source: Partial<Source> = {}): Glance {
  const latest = ageMs === null ? null : { at: NOW - ageMs, mg_dl: 112 };
  const timing = { interval_ms: 5 * MINUTE, fresh_ms: 6 * MINUTE, late_ms: 12 * MINUTE };
  return {
    person: { id: 'p_a', name: 'Ada', unit: 'mg/dL', time_zone: 'Europe/Berlin', demo: false }, latest, delta: null, ...timing,
    sources: [{ id: 's_a', name: 'Ada’s phone', kind: 'share', ...timing, last_contact: contactMs === null ? null : NOW - contactMs, last_reading: null, refused: null, shown: true, ...source }],
  };
}

const states = (glance: Glance, connection = WELL) => chainOf(glance, connection, NOW, PLACE).links.map((each) => each.state).join(' ');
const cause = (glance: Glance, connection = WELL) => chainOf(glance, connection, NOW, PLACE).broken?.sentence.key ?? null;

test('all four links work while readings come', () => {
  assert.equal(states(ada(2 * MINUTE, 2 * MINUTE)), 'working working working working');
  assert.equal(chainSummary(chainOf(ada(0, 0), WELL, NOW, PLACE)).key, 'chain-all-working');
});

test('a server that cannot save says so at its own link, and nothing else is blamed', () => {
  const chain = chainOf(ada(0, 0), { ...WELL, storeFault: true }, NOW, PLACE);
  assert.equal(chain.links.map((each) => each.state).join(' '), 'working working late working');
  assert.equal(chain.links[2]?.sentence.key, 'keepwatch-unsaved');
  assert.equal(chainSummary(chain).key, 'chain-late');
});

test('late from 6:01, and nothing is called broken before 12:01', () => {
  assert.equal(states(ada(6 * MINUTE, 6 * MINUTE)), 'working working working working');
  assert.equal(states(ada(6 * MINUTE + SECOND, 6 * MINUTE + SECOND)), 'late late working working');
  assert.equal(cause(ada(12 * MINUTE, 12 * MINUTE)), null);
  assert.equal(cause(ada(12 * MINUTE + SECOND, 12 * MINUTE + SECOND)), 'phone-broken');
});

test('a silent phone hides the sensor; what comes after it waits', () => {
  assert.equal(states(ada(21 * MINUTE, 21 * MINUTE)), 'unknown broken waiting waiting');
});

test('a phone in touch without a reading shows a silent sensor', () => {
  assert.equal(states(ada(20 * MINUTE, 2 * MINUTE)), 'broken waiting waiting waiting');
  assert.equal(cause(ada(20 * MINUTE, 2 * MINUTE)), 'sensor-broken');
  // Last in touch when the next reading was not due yet: nobody knows which of the two it is.
  assert.equal(states(ada(13 * MINUTE, 7 * MINUTE + SECOND)), 'unknown late working working');
  assert.equal(cause(ada(13 * MINUTE, 7 * MINUTE + SECOND)), null);
});

test('a refusal newer than the newest reading names its own cause', () => {
  const refused = (reason: string) => ({ refused: { reason, at: NOW - MINUTE } });
  assert.equal(cause(ada(20 * MINUTE, MINUTE, refused('sensor_code'))), 'sensor-fault');
  assert.equal(cause(ada(20 * MINUTE, MINUTE, refused('time_in_future'))), 'phone-clock');
  assert.equal(cause(ada(20 * MINUTE, MINUTE, refused('value_too_high'))), 'phone-refused');
  assert.equal(cause(ada(MINUTE, MINUTE, { refused: { reason: 'time_in_future', at: NOW - 2 * MINUTE } })), null);
});

test('who never called is unknown, not broken', () => {
  assert.equal(states(ada(null, null)), 'unknown unknown working working');
  assert.equal(cause({ ...ada(null, null), sources: [] }), null);
});

test('this device is late after 30 s of silence and broken after 60', () => {
  const quiet = (ms: number): Connection => ({ heardAt: NOW - ms, trouble: 'unreachable' });
  assert.equal(deviceState(quiet(30 * SECOND), NOW), 'working');
  assert.equal(deviceState(quiet(30 * SECOND + 1), NOW), 'late');
  assert.equal(deviceState(quiet(60 * SECOND), NOW), 'late');
  assert.equal(deviceState(quiet(60 * SECOND + 1), NOW), 'broken');
  assert.equal(deviceState({ heardAt: NOW, trouble: 'offline' }, NOW), 'broken');
});

test('a device that is cut off accuses nobody else', () => {
  const offline: Connection = { heardAt: NOW - 5 * MINUTE, trouble: 'offline' };
  assert.equal(states(ada(21 * MINUTE, 21 * MINUTE), offline), 'unknown unknown unknown broken');
  assert.equal(cause(ada(21 * MINUTE, 21 * MINUTE), offline), 'device-offline');
  const unreachable: Connection = { ...offline, trouble: 'unreachable' };
  assert.equal(cause(ada(0, 0), unreachable), 'device-unreachable');
  const fault: Connection = { ...offline, trouble: 'server_fault' };
  assert.equal(states(ada(0, 0), fault), 'unknown unknown broken waiting');
});

test('a source under its protocol’s own name is her phone', () => {
  assert.equal(phoneName(ada(0, 0)), 'Ada’s phone');
  assert.deepEqual(phoneName(ada(0, 0, { name: 'Share' })), { key: 'link-phone', args: { name: 'Ada' } });
});
