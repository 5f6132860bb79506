// Follows what changes, and lets a part redraw only when what it shows has changed. Holds no state of its own.
import { useComputed } from '@preact/signals';
import { useRef } from 'preact/hooks';
import type { Chain } from '../model/chain';
import { chainOfView, type ReadingView } from '../model/view';
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

export function useReadingView(glance: Glance): ReadingView {
  const app = useApp();
  const held = useRef(glance);
  held.current = glance;
  const computed = useComputed(() => {
    const current = app.glances.people.value.find((each) => each.person.id === glance.person.id) ?? held.current;
    return app.view(current);
  });
  return computed.value;
}

export function useChain(glance: Glance): Chain {
  const app = useApp();
  const last = useRef<{ text: string; chain: Chain } | null>(null);
  return useComputed(() => {
    const current = app.glances.people.value.find((each) => each.person.id === glance.person.id) ?? glance;
    const chain = chainOfView(current, app.viewing());
    const text = JSON.stringify(chain);
    if (last.current?.text === text) return last.current.chain;
    last.current = { text, chain };
    return chain;
  }).value;
}
