// Fetches the later script once, when somebody first asks for what is in it.
import { signal } from '@preact/signals';
import type { Catalogue, Words } from '../words/words';

type Script = typeof import('../later');

export const later = signal<Script | 'asleep' | 'loading' | 'failed'>('asleep');

export async function loadLater(words: Words): Promise<void> {
  if (typeof later.value === 'object' || later.value === 'loading') return;
  later.value = 'loading';
  try {
    const address = document.querySelector<HTMLScriptElement>('script[data-later]')?.dataset['later'] ?? '';
    const script = (await import(address)) as Script;
    words.learn(script.words as Catalogue);
    later.value = script;
  } catch {
    later.value = 'failed';
  }
}
