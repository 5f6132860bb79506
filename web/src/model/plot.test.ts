// Where things stand on the chart: gaps, hours on odd nights, zoom limits, and what a table says.
import test from 'node:test';
import assert from 'node:assert/strict';
import type { Reading } from '../wire/schema';
import { atOf, byLevel, ceilingFor, clampSpan, dotPath, gapsIn, hourRows, hourTicks, nearest, summaryOf, tickStep, xOf, yOf, zoomed, type Frame } from './plot';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOW = Date.UTC(2026, 0, 15, 1, 30);
const SPAN = { from: NOW - 3 * HOUR, to: NOW };
const FRAME: Frame = { width: 340, height: 240, left: 30, right: 10, top: 10, bottom: 20, ceiling: 300, span: SPAN };

function every(minutes: number, from: number, to: number, mg_dl = 100): Reading[] {
  const readings: Reading[] = [];
  for (let at = from; at <= to; at += minutes * MINUTE) readings.push({ at, mg_dl });
  return readings;
}

test('time and glucose fill the frame, and a finger finds its way back', () => {
  assert.equal(xOf(SPAN.from, FRAME), 30);
  assert.equal(xOf(SPAN.to, FRAME), 330);
  assert.equal(yOf(40, FRAME), 220);
  assert.equal(yOf(300, FRAME), 10);
  assert.equal(atOf(180, FRAME), NOW - 90 * MINUTE);
  assert.equal(dotPath([{ at: NOW, mg_dl: 300 }, { at: NOW, range: 'below' }], FRAME), 'M330 10h0M330 220h0');
});

test('the scale grows to 400 only where it must', () => {
  assert.equal(ceilingFor([{ at: 0, mg_dl: 300 }]), 300);
  assert.equal(ceilingFor([{ at: 0, mg_dl: 301 }]), 400);
  assert.equal(ceilingFor([{ at: 0, range: 'above' }]), 400);
});

test('a gap is more than ten minutes, or more than two beats of a slower source', () => {
  const holed = (holeMinutes: number) => [...every(5, SPAN.from, NOW - HOUR), ...every(5, NOW - HOUR + holeMinutes * MINUTE, NOW)];
  assert.deepEqual(gapsIn(holed(10), SPAN, 5 * MINUTE, NOW), []);
  assert.deepEqual(gapsIn(holed(11), SPAN, 5 * MINUTE, NOW), [{ from: NOW - HOUR, to: NOW - 49 * MINUTE }]);
  assert.deepEqual(gapsIn(every(15, SPAN.from, NOW), SPAN, 15 * MINUTE, NOW), []);
});

test('the time since the last reading is a gap too, but never the future', () => {
  const readings = every(5, SPAN.from, NOW - 30 * MINUTE);
  assert.deepEqual(gapsIn(readings, SPAN, 5 * MINUTE, NOW), [{ from: NOW - 30 * MINUTE, to: NOW }]);
  assert.deepEqual(gapsIn(readings, { from: SPAN.from, to: NOW + HOUR }, 5 * MINUTE, NOW), [{ from: NOW - 30 * MINUTE, to: NOW }]);
  assert.deepEqual(gapsIn([], SPAN, 5 * MINUTE, NOW), [SPAN]);
});

test('a gap that began before the span is cut at its edge', () => {
  const readings = [{ at: SPAN.from - HOUR, mg_dl: 90 }, ...every(5, NOW - HOUR, NOW)];
  assert.deepEqual(gapsIn(readings, SPAN, 5 * MINUTE, NOW), [{ from: SPAN.from, to: NOW - HOUR }]);
});

test('hours are local: 23 on the spring night, 25 on the autumn night, halves in India', () => {
  const night = (month: number, day: number, hours: number) => {
    const from = Date.UTC(2026, month, day, 0) - (month === 2 ? 1 : 2) * HOUR;
    return hourTicks({ from, to: from + hours * HOUR - 1 }, 1, 'Europe/Berlin').length;
  };
  assert.equal(night(2, 29, 23), 23);
  assert.equal(night(9, 25, 25), 25);
  assert.deepEqual(hourTicks(SPAN, 1, 'Asia/Kolkata').map((at) => (at / MINUTE) % 60), [30, 30, 30, 30]);
  assert.deepEqual(hourTicks({ from: Date.UTC(2026, 2, 28, 22), to: Date.UTC(2026, 2, 29, 10) }, 6, 'Europe/Berlin'),
    [Date.UTC(2026, 2, 28, 23), Date.UTC(2026, 2, 29, 4), Date.UTC(2026, 2, 29, 10)]);
});

test('large text gets fewer labels', () => {
  assert.equal(tickStep(3 * HOUR, 300, 36), 1);
  assert.equal(tickStep(24 * HOUR, 300, 36), 6);
  assert.equal(tickStep(24 * HOUR, 300, 80), 12);
});

test('the chart shows 1 to 24 hours and ends with now', () => {
  assert.deepEqual(clampSpan({ from: NOW - 40 * HOUR, to: NOW + HOUR }, NOW), { from: NOW - 24 * HOUR, to: NOW });
  assert.deepEqual(clampSpan({ from: NOW - 10 * MINUTE, to: NOW }, NOW), { from: NOW - HOUR, to: NOW });
  const pinched = zoomed(SPAN, 0.5, NOW - 90 * MINUTE, NOW);
  assert.deepEqual(pinched, { from: NOW - 135 * MINUTE, to: NOW - 45 * MINUTE });
});

test('the summary counts the lowest, the highest and the share in range', () => {
  const readings: Reading[] = [{ at: NOW, mg_dl: 60 }, { at: NOW, mg_dl: 120 }, { at: NOW, range: 'below' }, { at: NOW, mg_dl: 250 }];
  const summary = summaryOf(readings, 'mg');
  assert.deepEqual([summary.count, summary.lowest?.range, summary.highest?.mg_dl, summary.inRangeShare], [4, 'below', 250, 25]);
  assert.deepEqual(Object.values(byLevel(readings, 'mg')).map((each) => each.length), [2, 1, 1]);
  assert.equal(hourRows(readings, SPAN, 'mg').length, 4);
  assert.equal(nearest(readings, NOW - 4 * MINUTE, 3 * MINUTE), null);
});
