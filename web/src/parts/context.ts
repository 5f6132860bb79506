// Lets any part ask for the app without handing it through every floor. Holds nothing itself.
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Phrase } from '../model/phrase';
import { phrase, type Filling } from '../model/phrase';
import type { App } from '../state/app';

export const AppContext = createContext<App | null>(null);

export function useApp(): App {
  const app = useContext(AppContext);
  if (!app) throw new Error('a part was drawn outside of the app');
  return app;
}

export type Say = (key: string, args?: Record<string, Filling>) => string;

export function useSay(): Say {
  const { words } = useApp();
  return (key, args) => words.say(phrase(key, args));
}

export function sayAll(say: (phrase: Phrase) => string, filling: Filling): string {
  return typeof filling === 'object' ? say(filling) : String(filling);
}
