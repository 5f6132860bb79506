// The last known readings, kept for the next start without a network. Gone at once when a follow ends.
import type { Glance, Now } from '../wire/schema';

const CACHE = 'keepwatch-readings';
const PLACE = '/saved/now';

export interface Saved {
  now: Now;
  /** Server time minus this device's clock when it was saved, so that age survives a wrong clock. */
  aheadMs: number;
}

/** Browsers offer a cache only to secure pages; without one nothing is saved, and nothing breaks. */
function cacheStore(): CacheStorage | null {
  return typeof caches === 'undefined' ? null : caches;
}

export async function loadSaved(): Promise<Saved | null> {
  try {
    const kept = await (await cacheStore()?.open(CACHE))?.match(PLACE);
    return kept ? ((await kept.json()) as Saved) : null;
  } catch {
    return null;
  }
}

export class Saver {
  private lastAt = -Infinity;
  private line: Promise<void> = Promise.resolve();

  constructor(private readonly everyMs: number) {}

  /** Saves at most once per `everyMs`, unless asked to save at once. */
  save(now: Now, wallNow: number, atOnce: boolean): void {
    if (!atOnce && wallNow - this.lastAt < this.everyMs && wallNow >= this.lastAt) return;
    this.lastAt = wallNow;
    const saved: Saved = { now, aheadMs: now.time - wallNow };
    this.enqueue(async (cache) => {
      const headers = { 'Content-Type': 'application/json' };
      await cache.put(PLACE, new Response(JSON.stringify(saved), { headers }));
    });
  }

  async forgetPerson(person: string): Promise<void> {
    this.enqueue(async (cache) => {
      const kept = await cache.match(PLACE);
      if (!kept) return;
      const saved = (await kept.json()) as Saved;
      const people = saved.now.people.filter((each: Glance) => each.person.id !== person);
      await cache.put(PLACE, new Response(JSON.stringify({ ...saved, now: { ...saved.now, people } })));
    });
    await this.line;
  }

  async forgetAll(): Promise<void> {
    this.lastAt = -Infinity;
    this.line = this.line.then(async () => {
      await cacheStore()?.delete(CACHE);
    }).catch(() => undefined);
    await this.line;
  }

  /** One after the other, so that a late save never brings back what was forgotten. */
  private enqueue(deed: (cache: Cache) => Promise<void>): void {
    this.line = this.line.then(async () => {
      const cache = await cacheStore()?.open(CACHE);
      if (cache) await deed(cache);
    }).catch(() => undefined);
  }
}
