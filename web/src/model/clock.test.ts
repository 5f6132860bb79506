// The server's time on a device whose clocks sleep, jump and lie. Holds P2.
import test from 'node:test';
import assert from 'node:assert/strict';
import { ServerClock } from './clock';

const SERVER = 1_768_440_680_000;

function device(wallAhead = 0) {
  const clocks = { steadyMs: 5_000, wallMs: SERVER + wallAhead };
  const clock = new ServerClock({ steady: () => clocks.steadyMs, wall: () => clocks.wallMs });
  const pass = (ms: number) => {
    clocks.steadyMs += ms;
    clocks.wallMs += ms;
  };
  return { clocks, clock, pass };
}

test('a wrong clock on the device does not matter once the server has spoken', () => {
  for (const ahead of [-7_200_000, 0, 86_400_000]) {
    const { clock, pass } = device(ahead);
    clock.answered(SERVER, clock.moment());
    pass(90_000);
    assert.equal(clock.now(), SERVER + 90_000);
  }
});

test('sleep counts, though the steady clock stood still', () => {
  const { clock, clocks } = device();
  clock.answered(SERVER, clock.moment());
  clocks.wallMs += 3_600_000;
  assert.equal(clock.now(), SERVER + 3_600_000);
});

test('a clock set back while the page lives cannot make a number new', () => {
  const { clock, clocks, pass } = device();
  clock.answered(SERVER, clock.moment());
  pass(600_000);
  clocks.wallMs -= 7_200_000;
  assert.equal(clock.now(), SERVER + 600_000);
});

test('a beat that lay in a buffer through a sleep does not turn time back', () => {
  const { clock, clocks } = device();
  clock.answered(SERVER, clock.moment());
  clocks.wallMs += 600_000;
  clock.heard(SERVER + 15_000);
  assert.equal(clock.now(), SERVER + 600_000);
});

test('the prompt answer to a question may turn it back, a late one may not', () => {
  const { clock, clocks, pass } = device();
  clock.answered(SERVER, clock.moment());
  clocks.wallMs += 7_200_000;
  const early = clock.moment();
  pass(30_000);
  clock.answered(SERVER + 40_000, early);
  assert.equal(clock.now(), SERVER + 7_230_000);
  const prompt = clock.moment();
  pass(200);
  clock.answered(SERVER + 41_000, prompt);
  assert.equal(clock.now(), SERVER + 41_000);
});

test('a guess holds until the server speaks, and is not called confirmed', () => {
  const { clock } = device();
  clock.guess(SERVER + 1_000);
  assert.equal(clock.confirmed, false);
  clock.answered(SERVER, clock.moment());
  assert.equal(clock.now(), SERVER);
  clock.guess(SERVER + 99_000);
  assert.equal(clock.now(), SERVER);
});
