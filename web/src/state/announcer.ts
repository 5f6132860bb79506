// What a screen reader is told unasked: a change of level and a reading gone old, once; each new value only if wished.
import type { Level } from '../model/glucose';
import type { ReadingView } from '../model/view';
import { phrase, type Phrase } from '../model/phrase';

export interface Announcement {
  urgent: boolean;
  phrase: Phrase;
}

interface Last {
  level: Level | null;
  freshness: ReadingView['freshness'];
  readingAt: number | null;
}

export class Announcer {
  private readonly last = new Map<string, Last>();

  /** The first sight of somebody is read by the page itself and announces nothing. */
  observe(view: ReadingView, readingAt: number | null, unit: Phrase, readEach: boolean): Announcement | null {
    const before = this.last.get(view.id);
    this.last.set(view.id, { level: view.level, freshness: view.freshness, readingAt });
    if (!before) return null;
    const old = view.freshness === 'stale' || view.freshness === 'unknown';
    const wasOld = before.freshness === 'stale' || before.freshness === 'unknown';
    if (old) {
      return wasOld ? null : { urgent: true, phrase: phrase('announce-stale', { name: view.name, sentence: view.headline }) };
    }
    const value = view.value ?? '';
    if (view.level !== null && (view.level !== before.level || wasOld)) {
      return { urgent: true, phrase: phrase('announce-level', { name: view.name, level: phrase('level', { level: view.level }), value, unit }) };
    }
    if (readEach && readingAt !== null && readingAt !== before.readingAt) {
      const level = phrase('level', { level: view.level ?? 'in_range' });
      return { urgent: false, phrase: phrase('announce-new', { name: view.name, value, unit, level }) };
    }
    return null;
  }

  forget(person: string): void {
    this.last.delete(person);
  }
}
