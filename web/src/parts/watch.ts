// Follows what changes, and lets a part redraw only when what it shows has changed. Holds no state of its own.
import { useComputed } from '@preact/signals';
import { useRef } from 'preact/hooks';
import type { Seen } from '../state/sight';
import type { Glance } from '../wire/schema';
import { useApp } from './context';

const MINUTE = 60_000;

/** The end of the running minute: charts move once a minute, not once a second. */
export function useMinute(): number {
  const app = useApp();
  return useComputed(() => Math.ceil(app.now.value / MINUTE) * MINUTE).value;
}

export function useGlance(id: string): Glance | undefined {
  const app = useApp();
  return useComputed(() => app.glances.people.value.find((each) => each.person.id === id)).value;
}

/** What is seen of a person; the same object for as long as it stays true. */
export function useSeen(glance: Glance): Seen {
  const app = useApp();
  const held = useRef(glance);
  held.current = glance;
  return useComputed(() => app.seen(app.glances.people.value.find((each) => each.person.id === held.current.person.id) ?? held.current)).value;
}
