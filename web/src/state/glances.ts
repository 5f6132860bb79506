// The follower's now, folded from what the stream tells. One immutable glance per person; asks nobody anything.
import { signal, type ReadonlySignal } from '@preact/signals';
import type { Glance, LiveContact, LiveEntry, MeterCheck, Now, Reading, Source, Viewer } from '../wire/schema';

/** The live window: older readings leave the glance and are fetched when the chart asks for them. */
export const WINDOW_MS = 24 * 60 * 60_000;

export class Glances {
  private readonly held = signal<readonly Glance[]>([]);
  private readonly who = signal<Viewer | null>(null);

  get people(): ReadonlySignal<readonly Glance[]> {
    return this.held;
  }

  get viewer(): ReadonlySignal<Viewer | null> {
    return this.who;
  }

  find(id: string): Glance | undefined {
    return this.held.value.find((each) => each.person.id === id);
  }

  /** All of now; a partial one replaces only the people it names. */
  applyNow(now: Now): void {
    this.who.value = now.viewer;
    if (!now.partial) {
      this.held.value = now.people;
      return;
    }
    const told = new Map(now.people.map((each) => [each.person.id, each]));
    const kept = this.held.value.map((each) => told.get(each.person.id) ?? each);
    const known = new Set(kept.map((each) => each.person.id));
    this.held.value = [...kept, ...now.people.filter((each) => !known.has(each.person.id))];
  }

  /** Names, follows and sources changed; the readings that we hold stay. Who is not listed is gone; false where somebody is new. */
  applyPeople(now: Now): boolean {
    const isKnown = now.people.every((each) => this.find(each.person.id) !== undefined);
    this.who.value = now.viewer;
    this.held.value = now.people.map((each) => {
      const before = this.find(each.person.id);
      return {
        ...each,
        readings: each.readings ?? before?.readings ?? [],
        meter_checks: each.meter_checks ?? before?.meter_checks ?? [],
      };
    });
    return isKnown;
  }

  /** False where we do not know her: then what we hold is not everyone. */
  applyEntry(entry: LiveEntry, now: number): boolean {
    return this.change(entry.person, (glance) => {
      const checks = entry.meter_check ? withCheck(glance.meter_checks ?? [], entry.meter_check, now) : glance.meter_checks;
      return {
        ...glance,
        latest: entry.latest ?? null,
        delta: entry.delta ?? null,
        interval_ms: entry.interval_ms,
        fresh_ms: entry.fresh_ms,
        late_ms: entry.late_ms,
        disagreement: entry.disagreement ?? null,
        readings: folded(glance.readings ?? [], entry, now),
        sources: touched(glance.sources, entry, now),
        ...(checks ? { meter_checks: checks } : {}),
      };
    });
  }

  /** False where we do not know her, as with an entry. */
  applyContact(contact: LiveContact): boolean {
    return this.change(contact.person, (glance) => {
      const others = glance.sources.map((each) => (each.id === contact.source.id ? contact.source : each));
      const known = glance.sources.some((each) => each.id === contact.source.id);
      const sources = known ? others : [...others, contact.source];
      const { interval_ms, fresh_ms, late_ms } = contact.source.shown ? contact.source : glance;
      return { ...glance, sources, interval_ms, fresh_ms, late_ms };
    });
  }

  applyEnded(person: string): void {
    this.held.value = this.held.value.filter((each) => each.person.id !== person);
  }

  clear(): void {
    this.held.value = [];
    this.who.value = null;
  }

  private change(person: string, to: (glance: Glance) => Glance): boolean {
    if (!this.find(person)) return false;
    this.held.value = this.held.value.map((each) => (each.person.id === person ? to(each) : each));
    return true;
  }
}

/** Two sources may speak of the same minute; the key is the moment that the sensor named. */
function keyOf(reading: Reading): number {
  return reading.measured_at ?? reading.at;
}

function folded(readings: readonly Reading[], entry: LiveEntry, now: number): Reading[] {
  const told = entry.reading;
  // A reading of a source that is not shown stays out of the line.
  if (!told || told.source != null || entry.kind === 'meter') return trimmed(readings, now);
  const others = readings.filter((each) => keyOf(each) !== keyOf(told));
  if (entry.kind === 'withdrawn') return trimmed(others, now);
  const later = others.findIndex((each) => each.at > told.at);
  const at = later < 0 ? others.length : later;
  return trimmed([...others.slice(0, at), told, ...others.slice(at)], now);
}

function trimmed(readings: readonly Reading[], now: number): Reading[] {
  return readings.filter((each) => each.at > now - WINDOW_MS);
}

function withCheck(checks: readonly MeterCheck[], check: MeterCheck, now: number): MeterCheck[] {
  const others = checks.filter((each) => each.at !== check.at || each.by !== check.by);
  return [...others, check].filter((each) => each.at > now - WINDOW_MS).sort((a, b) => a.at - b.at);
}

/** A reading is a sign of life of its own source, which is not always the one that is shown. */
function touched(sources: readonly Source[], entry: LiveEntry, now: number): Source[] {
  const told = entry.reading;
  const isSign = told && entry.kind !== 'withdrawn' && entry.kind !== 'meter';
  return sources.map((each) => {
    const source = { ...each, shown: each.id === entry.shown };
    if (!isSign || (told.source ?? entry.shown) !== each.id) return source;
    return { ...source, last_contact: now, last_reading: Math.max(each.last_reading ?? 0, told.at) };
  });
}
