// In which order the cards stand. Moves nothing under a finger.
import type { Glance } from '../wire/schema';
import { levelOf, type Unit } from './glucose';
import { freshnessOf } from './freshness';
import type { Chain } from './chain';

/** After a touch, cards stay where they are for this long: nobody taps the wrong child. */
export const STILL_AFTER_TOUCH_MS = 10_000;

/** Broken, then late, then out of range, then in range. Lower stands first. */
export function rankOf(glance: Glance, chain: Chain, unit: Unit, now: number): number {
  const freshness = freshnessOf(glance.latest, glance, now);
  const cutOff = chain.broken?.place === 'device' || chain.broken?.place === 'keepwatch';
  if (freshness === 'stale' || freshness === 'unknown' || (chain.broken !== null && !cutOff)) return 0;
  if (freshness === 'late') return 1;
  const level = glance.latest ? levelOf(glance.latest, unit) : null;
  return level === 'in_range' ? 3 : 2;
}

/** Wanted order: by rank, then the viewer's own order, then as they came. */
export function wantedOrder(ranked: readonly { id: string; rank: number }[], own: readonly string[]): string[] {
  const place = (id: string) => (own.includes(id) ? own.indexOf(id) : own.length);
  return ranked
    .map((each, index) => ({ ...each, index }))
    .sort((a, b) => a.rank - b.rank || place(a.id) - place(b.id) || a.index - b.index)
    .map((each) => each.id);
}

export interface Touch {
  down: boolean;
  lastAt: number | null;
}

/** The order to draw now: the wanted one, or the one on the screen while a finger is near. */
export function settledOrder(shown: readonly string[], wanted: readonly string[], touch: Touch, now: number): string[] {
  const still = touch.down || (touch.lastAt !== null && now - touch.lastAt < STILL_AFTER_TOUCH_MS);
  if (!still || shown.length === 0) return [...wanted];
  const kept = shown.filter((id) => wanted.includes(id));
  return [...kept, ...wanted.filter((id) => !kept.includes(id))];
}

/** Who moved up, and to which place (from 1). */
export function movedUp(before: readonly string[], after: readonly string[]): { id: string; place: number }[] {
  return after
    .map((id, index) => ({ id, place: index + 1, was: before.indexOf(id) }))
    .filter((each) => each.was >= 0 && each.place - 1 < each.was)
    .map(({ id, place }) => ({ id, place }));
}
