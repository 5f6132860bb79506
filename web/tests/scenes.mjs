// Every state the app can be in, as what a server would say at one fixed night minute. Pure; invented people only.

export const NOW = Date.UTC(2026, 0, 15, 1, 31, 20);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** A quiet wave with a meal and a dip in it; the same on every run. */
function wave(minutesAgo, level, swing) {
  const t = minutesAgo / 60;
  return level + swing * Math.sin(t * 0.9 + level) + swing * 0.6 * Math.sin(t * 2.3) + 3 * Math.sin(minutesAgo * 0.7);
}

/** A day of readings that ends `ageMs` before now with `last`, falling or rising into it. */
export function day({ ageMs, last, slope = 0, level = 120, swing = 22, everyMs = 5 * MINUTE, gaps = [] }) {
  const readings = [];
  for (let back = 0; back < 24 * HOUR - ageMs; back += everyMs) {
    const at = NOW - ageMs - back;
    const minutes = back / MINUTE;
    if (gaps.some(([from, to]) => minutes > from && minutes < to)) continue;
    // The last hour leads to the wished value; before it, the wave holds.
    const blend = Math.min(1, minutes / 90);
    const near = last - slope * minutes;
    const mgDl = Math.round(Math.max(41, near * (1 - blend) + wave(minutes, level, swing) * blend));
    readings.unshift({ at, mg_dl: mgDl, trend: 'flat' });
  }
  return readings;
}

export function glance({ id, name, ageMs = 2 * MINUTE, last = 112, slope = 0, trend = 'flat', contactMs, ...more }) {
  const readings = more.readings ?? day({ ageMs, last, slope, ...more });
  const latest = more.latest === undefined ? { ...readings.at(-1), mg_dl: last, trend } : more.latest;
  if (latest && readings.length > 0) readings[readings.length - 1] = latest;
  const source = {
    id: `s_${id}`, name: more.source ?? `${name}’s phone`, kind: 'share', interval_ms: 300_000, fresh_ms: 360_000, late_ms: 720_000,
    last_contact: contactMs === null ? null : NOW - (contactMs ?? ageMs), last_reading: latest?.at ?? null, refused: more.refused ?? null, shown: true,
  };
  return {
    person: { id: `p_${id}`, name, unit: 'mg/dL', time_zone: more.zone ?? 'Europe/Berlin', demo: more.demo ?? false },
    latest, delta: more.delta === undefined ? { mg_dl: slope * 5, minutes: 5 } : more.delta,
    interval_ms: 300_000, fresh_ms: 360_000, late_ms: 720_000, readings,
    meter_checks: more.checks ?? [], sources: more.sources ?? [source], disagreement: more.disagreement ?? null,
  };
}

function now(people, viewer = { name: 'Maria', unit: 'mg/dL' }) {
  return { time: NOW, cursor: 'c1', viewer, people };
}

const ada = { id: 'ada', name: 'Ada' };
const word = (range, trend) => ({ at: NOW - 2 * MINUTE, range, ...(trend ? { trend } : {}) });

/** Name of the scene → what the server knows. */
export const SCENES = {
  fresh: () => now([glance({ ...ada, checks: [{ at: NOW - 95 * MINUTE, mg_dl: 121, by: 'Grandma', note: 'before bed' }] })]),
  'just-now': () => now([glance({ ...ada, ageMs: 20_000, last: 141, slope: 1.2, trend: 'forty_five_up' })]),
  low: () => now([glance({ ...ada, last: 63, slope: -1.2, trend: 'forty_five_down' })]),
  'urgent-low': () => now([glance({ ...ada, last: 48, slope: -2.2, trend: 'single_down' })]),
  high: () => now([glance({ ...ada, last: 214, slope: 1.1, trend: 'forty_five_up', level: 150, swing: 40 })]),
  'very-high': () => now([glance({ ...ada, last: 296, slope: 3.2, trend: 'double_up', level: 190, swing: 70 })]),
  below: () => now([glance({ ...ada, last: 44, slope: -1.5, latest: word('below', 'single_down'), delta: null })]),
  above: () => now([glance({ ...ada, last: 390, slope: 1, latest: word('above'), delta: null, level: 240, swing: 80 })]),
  late: () => now([glance({ ...ada, ageMs: 8 * MINUTE, contactMs: 8 * MINUTE, last: 96, slope: -0.5 })]),
  'late-low': () => now([glance({ ...ada, ageMs: 11 * MINUTE, last: 66, slope: -1, trend: 'forty_five_down' })]),
  stale: () => now([glance({ ...ada, ageMs: 13 * MINUTE, contactMs: 7 * MINUTE, last: 112 })]),
  'stale-low': () => now([glance({ ...ada, ageMs: 18 * MINUTE, contactMs: 3 * MINUTE, last: 63, slope: -1.2, trend: 'forty_five_down' })]),
  'broken-phone': () => now([glance({ ...ada, ageMs: 21 * MINUTE, last: 112 })]),
  'broken-sensor': () => now([glance({ ...ada, ageMs: 80 * MINUTE, contactMs: 2 * MINUTE, last: 131 })]),
  'broken-clock': () => now([glance({ ...ada, ageMs: 40 * MINUTE, contactMs: MINUTE, last: 131, refused: { reason: 'time_in_future', at: NOW - MINUTE } })]),
  'sensor-fault': () => now([glance({ ...ada, ageMs: 25 * MINUTE, contactMs: MINUTE, last: 131, refused: { reason: 'sensor_code', at: NOW - MINUTE } })]),
  never: () => now([glance({ ...ada, latest: null, readings: [], contactMs: null, delta: null, sources: [] })]),
  'long-ago': () => now([glance({ ...ada, latest: { at: NOW - 40 * HOUR, mg_dl: 104 }, readings: [], contactMs: 40 * HOUR, delta: null })]),
  'clock-suspect': () => now([glance({ ...ada, latest: { at: NOW - MINUTE, measured_at: NOW + 20 * MINUTE, mg_dl: 118, trend: 'flat', clock_suspect: true } })]),
  disagree: () => now([glance({ ...ada, last: 100, disagreement: { sources: ['s_a', 's_b'], mg_dl: [100, 140] } })]),
  gaps: () => now([glance({ ...ada, last: 88, gaps: [[40, 82], [130, 150]], zone: 'America/New_York', demo: true, level: 100, swing: 45 })]),
  mmol: () => now([glance({ ...ada, last: 63, slope: -1.2, trend: 'forty_five_down' })], { name: 'Maria', unit: 'mmol/L' }),
  several: () => now([
    glance({ id: 'ben', name: 'Ben', last: 118, slope: 0.2, level: 125 }),
    glance({ id: 'ada', name: 'Ada', last: 63, slope: -1.2, trend: 'forty_five_down', level: 105 }),
    glance({ id: 'cleo', name: 'Cleo', ageMs: 21 * MINUTE, last: 104, level: 118 }),
    glance({ id: 'dan', name: 'Dan', last: 214, slope: 1.3, trend: 'forty_five_up', level: 170 }),
  ]),
  'several-more': () => now([
    glance({ id: 'ben', name: 'Ben', last: 48, slope: -2.4, trend: 'single_down', demo: true }),
    glance({ id: 'max', name: 'Maximilian-Alexander Wolkenstein', last: 270, slope: 1, trend: 'single_up', level: 200, swing: 60 }),
    glance({ id: 'cleo', name: 'Cleo', latest: null, readings: [], contactMs: null, delta: null, sources: [] }),
    glance({ id: 'dan', name: 'Dan', ageMs: 8 * MINUTE, last: 96 }),
    glance({ id: 'eve', name: 'Eve', last: 44, latest: word('below', 'flat'), delta: null }),
  ]),
  nobody: () => now([]),
};
