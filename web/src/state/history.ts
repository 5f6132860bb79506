// Readings before the live window, fetched a day at a time when the chart asks. Keeps them while the page lives.
import { signal, type ReadonlySignal } from '@preact/signals';
import type { MeterCheck, Reading, Readings } from '../wire/schema';
import { WINDOW_MS } from './glances';

export interface Stretch {
  from: number;
  readings: readonly Reading[];
  checks: readonly MeterCheck[];
  loading: boolean;
  failed: boolean;
}

const NONE: Stretch = { from: Infinity, readings: [], checks: [], loading: false, failed: false };

export class History {
  private readonly stretches = signal<Readonly<Record<string, Stretch>>>({});

  constructor(private readonly ask: (person: string, from: number, to: number) => Promise<Readings>) {}

  get all(): ReadonlySignal<Readonly<Record<string, Stretch>>> {
    return this.stretches;
  }

  of(person: string): Stretch {
    return this.stretches.value[person] ?? NONE;
  }

  /** Makes sure that everything since `from` is on its way. */
  async reach(person: string, from: number, now: number): Promise<void> {
    const held = this.of(person);
    const to = Math.min(held.from, now - WINDOW_MS);
    if (from >= to || held.loading) return;
    this.put(person, { ...held, loading: true, failed: false });
    const start = Math.min(from, to - WINDOW_MS);
    try {
      const answer = await this.ask(person, start, to);
      const before = this.of(person);
      const fresh = answer.readings.filter((each) => each.source == null && each.at < to);
      this.put(person, {
        from: start,
        readings: [...fresh, ...before.readings],
        checks: [...answer.meter_checks.filter((each) => each.at < to), ...before.checks],
        loading: false,
        failed: false,
      });
    } catch {
      this.put(person, { ...this.of(person), loading: false, failed: true });
    }
  }

  forget(person: string): void {
    const { [person]: _gone, ...rest } = this.stretches.value;
    this.stretches.value = rest;
  }

  clear(): void {
    this.stretches.value = {};
  }

  private put(person: string, stretch: Stretch): void {
    this.stretches.value = { ...this.stretches.value, [person]: stretch };
  }
}
