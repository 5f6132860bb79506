// The order of cards: by need, then by the viewer's wish, and still under a finger.
import test from 'node:test';
import assert from 'node:assert/strict';
import { movedUp, settledOrder, wantedOrder } from './order';

const NOW = 1_000_000;

test('need comes first, then the own order, then as they came', () => {
  const ranked = [{ id: 'a', rank: 3 }, { id: 'b', rank: 2 }, { id: 'c', rank: 3 }, { id: 'd', rank: 0 }];
  assert.deepEqual(wantedOrder(ranked, []), ['d', 'b', 'a', 'c']);
  assert.deepEqual(wantedOrder(ranked, ['c', 'a']), ['d', 'b', 'c', 'a']);
});

test('nothing moves under a finger or within ten seconds of it', () => {
  const [shown, wanted] = [['a', 'b'], ['b', 'a', 'c']];
  assert.deepEqual(settledOrder(shown, wanted, { down: true, lastAt: null }, NOW), ['a', 'b', 'c']);
  assert.deepEqual(settledOrder(shown, wanted, { down: false, lastAt: NOW - 9_999 }, NOW), ['a', 'b', 'c']);
  assert.deepEqual(settledOrder(shown, wanted, { down: false, lastAt: NOW - 10_000 }, NOW), wanted);
  assert.deepEqual(settledOrder(['a', 'gone'], ['a'], { down: true, lastAt: null }, NOW), ['a']);
});

test('who moved up is told with the place', () => {
  assert.deepEqual(movedUp(['a', 'b', 'c'], ['c', 'a', 'b']), [{ id: 'c', place: 1 }]);
  assert.deepEqual(movedUp([], ['a']), []);
});
