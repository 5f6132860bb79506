// Whether the newest reading is new. Judged by the reading's place in time, never by when it reached us (P2).
import type { Reading } from '../wire/schema';

export type Freshness = 'fresh' | 'late' | 'stale' | 'unknown';

const MINUTE = 60_000;
/** Past a day an old number says nothing about today; only the day it came from is named. */
export const FORGET_NUMBER_MS = 24 * 60 * MINUTE;
/** Up to here a reading from the future is jitter between two clocks. */
export const FUTURE_JITTER_MS = 2 * MINUTE;

export interface Timing {
  interval_ms: number;
  fresh_ms: number;
  late_ms: number;
}

export function ageMs(reading: Reading, now: number): number {
  return Math.max(0, now - reading.at);
}

export function freshnessOf(reading: Reading | null | undefined, timing: Timing, now: number): Freshness {
  if (!reading) return 'unknown';
  const age = ageMs(reading, now);
  if (age > FORGET_NUMBER_MS) return 'unknown';
  if (age > timing.late_ms) return 'stale';
  return age > timing.fresh_ms ? 'late' : 'fresh';
}

/** A reading nobody has confirmed since this page opened is never drawn as fresh. */
export function capUnconfirmed(freshness: Freshness, confirmed: boolean): Freshness {
  return !confirmed && freshness === 'fresh' ? 'late' : freshness;
}

export function clockSuspect(reading: Reading, now: number): boolean {
  return reading.clock_suspect === true || reading.at - now > FUTURE_JITTER_MS;
}

/** How many readings should have come since; said only where one is missing. */
export function missingReadings(reading: Reading, timing: Timing, now: number): number {
  return timing.interval_ms > 0 ? Math.floor(ageMs(reading, now) / timing.interval_ms) : 0;
}
