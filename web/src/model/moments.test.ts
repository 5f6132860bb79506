// Moments in words, on the nights when clocks change and at the turn of the year.
import test from 'node:test';
import assert from 'node:assert/strict';
import { agePhrase, dayText, isNight, offsetMinutes, sharedTime, timeText } from './moments';
import { phrase } from './phrase';

const BERLIN = { locale: 'en-GB', zone: 'Europe/Berlin' };
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

test('minutes up to 59, then the time, then the day', () => {
  const now = Date.UTC(2026, 0, 15, 1, 31);
  const of = (ms: number) => agePhrase(now - ms, now, BERLIN);
  assert.deepEqual(of(59_999), phrase('age-now'));
  assert.deepEqual(of(MINUTE), phrase('age-minutes', { minutes: 1 }));
  assert.deepEqual(of(HOUR - 1), phrase('age-minutes', { minutes: 59 }));
  assert.deepEqual(of(HOUR), phrase('age-hours', { time: '01:31', hours: 1, minutes: 0 }));
  assert.deepEqual(of(80 * MINUTE), phrase('age-hours', { time: '01:11', hours: 1, minutes: 20 }));
  assert.deepEqual(of(25 * HOUR), phrase('age-day', { day: 'Wednesday' }));
  assert.deepEqual(of(-MINUTE), phrase('age-now'));
});

test('the spring night loses an hour and the autumn night has one twice', () => {
  const spring = Date.UTC(2026, 2, 29, 1, 0);
  assert.equal(timeText(spring - MINUTE, BERLIN), '01:59');
  assert.equal(timeText(spring, BERLIN), '03:00');
  assert.equal(offsetMinutes(spring - MINUTE, 'Europe/Berlin'), 60);
  assert.equal(offsetMinutes(spring, 'Europe/Berlin'), 120);
  const autumn = Date.UTC(2026, 9, 25, 1, 0);
  assert.equal(timeText(autumn - 30 * MINUTE, BERLIN), timeText(autumn + 30 * MINUTE, BERLIN));
  // Age counts real minutes, whatever the clocks on the wall say.
  assert.deepEqual(agePhrase(spring - 20 * MINUTE, spring + 20 * MINUTE, BERLIN), phrase('age-minutes', { minutes: 40 }));
});

test('days carry a year only where it is another one', () => {
  const now = Date.UTC(2026, 0, 2, 12);
  assert.equal(dayText(Date.UTC(2026, 0, 1, 12), now, BERLIN), 'Thursday');
  assert.equal(dayText(Date.UTC(2025, 11, 31, 12), now, BERLIN), 'Wednesday');
  assert.equal(dayText(Date.UTC(2025, 11, 20, 12), now, BERLIN), '20 December 2025');
  assert.equal(dayText(Date.UTC(2026, 2, 3, 12), Date.UTC(2026, 5, 1), BERLIN), '3 March');
});

test('her time stands beside ours only where it differs', () => {
  const at = Date.UTC(2026, 0, 15, 1, 14);
  assert.equal(sharedTime(at, BERLIN, { name: 'Ada', time_zone: 'Europe/Paris' }), '02:14');
  assert.deepEqual(sharedTime(at, BERLIN, { name: 'Ada', time_zone: 'America/New_York' }),
    phrase('time-both', { here: '02:14', there: '20:14', name: 'Ada' }));
  assert.equal(sharedTime(at, BERLIN, { name: 'Ada', time_zone: 'Mars/Olympus' }), '02:14');
});

test('night runs over midnight and through the spring night', () => {
  const at = (hour: number, minute = 0) => Date.UTC(2026, 0, 15, hour - 1, minute);
  const night = (ms: number) => isNight(ms, '22:00', '07:00', 'Europe/Berlin');
  assert.deepEqual([at(21, 59), at(22), at(3), at(6, 59), at(7)].map(night), [false, true, true, true, false]);
  assert.equal(night(Date.UTC(2026, 2, 29, 1, 30)), true);
  assert.equal(isNight(at(13), '12:00', '14:00', 'Europe/Berlin'), true);
});
