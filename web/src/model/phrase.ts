// A sentence not yet said: its key in the catalogue and what fills it. Pure rooms answer with these, never with text.
export type Filling = string | number | Phrase;

export interface Phrase {
  key: string;
  args?: Readonly<Record<string, Filling>>;
}

export function phrase(key: string, args?: Record<string, Filling>): Phrase {
  return args ? { key, args } : { key };
}
