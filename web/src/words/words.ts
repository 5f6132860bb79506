// Says a phrase in the viewer's language, from the one catalogue. Holds no sentence of its own.
import type { Phrase } from '../model/phrase';

/** Text, [variable], or [variable, choices, otherwise]. */
export type Part = string | [string] | [string, Readonly<Record<string, Pattern>>, string];
export type Pattern = string | readonly Part[];
export type Catalogue = Readonly<Record<string, Pattern>>;

type Said = Readonly<Record<string, string | number>>;

export class Words {
  private readonly plural: Intl.PluralRules;
  private readonly numbers: Intl.NumberFormat;

  constructor(readonly language: string, private catalogue: Catalogue) {
    this.plural = new Intl.PluralRules(language);
    this.numbers = new Intl.NumberFormat(language);
  }

  /** An unknown key is said as itself: ugly, and found by the test that reads every key. */
  say = (phrase: Phrase): string => {
    const said: Record<string, string | number> = {};
    for (const [name, filling] of Object.entries(phrase.args ?? {})) {
      said[name] = typeof filling === 'object' ? this.say(filling) : filling;
    }
    return this.pattern(this.catalogue[phrase.key] ?? phrase.key, said);
  };

  /** English words that came with the later script; in another language all are known already. */
  learn(more: Catalogue): void {
    this.catalogue = { ...more, ...this.catalogue };
  }

  private pattern(pattern: Pattern, said: Said): string {
    return typeof pattern === 'string' ? pattern : pattern.map((part) => this.part(part, said)).join('');
  }

  private part(part: Part, said: Said): string {
    if (typeof part === 'string') return part;
    const [name, choices, otherwise = ''] = part;
    const value = said[name] ?? '';
    if (choices === undefined) return typeof value === 'number' ? this.numbers.format(value) : value;
    const exact = choices[value];
    const plural = typeof value === 'number' ? choices[this.plural.select(value)] : undefined;
    return this.pattern(exact ?? plural ?? choices[otherwise] ?? '', said);
  }
}

/** The first of the wanted languages that there is; `wanted` is what the browser asks for, best first. */
export function chosenLanguage(wanted: readonly string[], known: readonly string[]): string {
  return wanted.map((each) => each.slice(0, 2).toLowerCase()).find((each) => known.includes(each)) ?? 'en';
}
