// English travels with the script; another language is fetched once, before the first words are drawn.
import english from '../../../words/en.ftl';
import { chosenLanguage, Words, type Catalogue } from './words';

/** Language and the address of its catalogue, written in by the build. */
declare const LANGUAGES: Readonly<Record<string, string>>;

/** A number in English now is worth more than a number in one's own language later. */
const WORDS_WITHIN_MS = 3_000;

export async function wordsFor(wanted: readonly string[]): Promise<Words> {
  const language = chosenLanguage(wanted, ['en', ...Object.keys(LANGUAGES)]);
  const address = LANGUAGES[language];
  if (address !== undefined) {
    try {
      const answer = await fetch(address, { signal: AbortSignal.timeout(WORDS_WITHIN_MS) });
      if (answer.ok) return new Words(language, (await answer.json()) as Catalogue);
    } catch {
      // English it is.
    }
  }
  return new Words('en', english);
}
