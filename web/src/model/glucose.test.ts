// Levels at each edge, in both units, and numbers as they are written.
import test from 'node:test';
import assert from 'node:assert/strict';
import { changeText, glucoseText, inUnit, levelOf, roundHalfAway } from './glucose';

const at = 0;
const level = (mg_dl: number, unit: 'mg' | 'mmol' = 'mg') => levelOf({ at, mg_dl }, unit);

test('each edge belongs to the side that the table says', () => {
  assert.deepEqual([55, 56, 69, 70, 180, 181, 250, 251].map((each) => level(each)),
    ['urgent_low', 'low', 'low', 'in_range', 'in_range', 'high', 'high', 'very_high']);
});

test('the number on the screen is the number that counts', () => {
  // 69.6 is drawn as 70, so it is in range; 55.4 is drawn as 55, so it is urgent.
  assert.equal(level(69.6), 'in_range');
  assert.equal(level(69.4), 'low');
  assert.equal(level(55.4), 'urgent_low');
  // 56 is 3.1 in mmol/L, and 3.1 is urgent there. 70 is 3.9, which is not below 3.9.
  assert.equal(level(56, 'mmol'), 'urgent_low');
  assert.equal(level(57, 'mmol'), 'low');
  assert.equal(level(69, 'mmol'), 'low');
  assert.equal(level(70, 'mmol'), 'in_range');
  assert.equal(level(180, 'mmol'), 'in_range');
  assert.equal(level(182, 'mmol'), 'high');
  assert.equal(level(251, 'mmol'), 'high');
  assert.equal(level(252, 'mmol'), 'very_high');
});

test('outside of what the sensor measures there is a level and no number', () => {
  assert.equal(levelOf({ at, range: 'below' }, 'mg'), 'urgent_low');
  assert.equal(levelOf({ at, range: 'above' }, 'mmol'), 'very_high');
  assert.equal(levelOf({ at }, 'mg'), null);
});

test('mmol/L is one division and one rounding, half away from zero', () => {
  assert.equal(inUnit(70, 'mmol'), 3.9);
  assert.equal(inUnit(100, 'mmol'), 5.6);
  assert.equal(inUnit(54.0468, 'mmol'), 3);
  assert.equal(roundHalfAway(5.55, 1), 5.6);
  assert.equal(roundHalfAway(-0.25, 1), -0.3);
  assert.equal(roundHalfAway(-0.04, 1), 0);
});

test('numbers follow the locale, and changes carry a true sign', () => {
  assert.equal(glucoseText(112, 'mmol', 'de'), '6,2');
  assert.equal(glucoseText(112.4, 'mg', 'en'), '112');
  assert.equal(changeText(-6, 'mg', 'en'), '−6');
  assert.equal(changeText(6, 'mmol', 'en'), '+0.3');
  assert.equal(changeText(0.4, 'mg', 'en'), '0');
});
