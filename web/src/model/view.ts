// What one person's reading looks like at one moment, and how long that stays true.
import type { Glance, Reading } from '../wire/schema';
import { chainOf, shownSource, type Connection } from './chain';
import { capUnconfirmed, clockSuspect, freshnessOf, FUTURE_JITTER_MS, missingReadings, type Freshness } from './freshness';
import { changeText, glucoseText, levelOf, SENSOR_CEILING_MG_DL, SENSOR_FLOOR_MG_DL, type Level, type Unit } from './glucose';
import { agePhrase, dayText, sharedTime, spokenAge, timeText, type Place } from './moments';
import { phrase, type Filling, type Phrase } from './phrase';

const MINUTE = 60_000;

export type Saying = (phrase: Phrase) => string;

export interface Viewing {
  now: number;
  unit: Unit;
  place: Place;
  connection: Connection;
  /** False until the server has told the time: what is shown then was saved earlier. */
  confirmed: boolean;
  checking: boolean;
}

export interface ReadingView {
  id: string;
  name: string;
  demo: boolean;
  freshness: Freshness;
  level: Level | null;
  /** The number as drawn, or "Below 40"; null where there is none to show. */
  value: string | null;
  isWord: boolean;
  trend: string | null;
  delta: string | null;
  headline: string;
  age: string;
  missing: string | null;
  /** What was, for an old reading that mattered. */
  was: string | null;
  suspect: boolean;
  saved: string | null;
  /** The broken link before Keepwatch, with its next step. What this device lacks is said once for all, at the top. */
  cause: string | null;
  spoken: string;
}

/** With too little time since, an arrow says nothing; "not computable" is no direction at all. */
function trendOf(reading: Reading): string | null {
  return reading.trend && reading.trend !== 'not_computable' ? reading.trend : null;
}

export function valuePhrase(reading: Reading, unit: Unit, locale: string): Filling | null {
  if (reading.range === 'below') return phrase('below-range', { value: glucoseText(SENSOR_FLOOR_MG_DL, unit, locale) });
  if (reading.range === 'above') return phrase('above-range', { value: glucoseText(SENSOR_CEILING_MG_DL, unit, locale) });
  return reading.mg_dl == null ? null : glucoseText(reading.mg_dl, unit, locale);
}

export function readingView(glance: Glance, viewing: Viewing, say: Saying): ReadingView {
  const { now, place } = viewing;
  const chain = chainOf(glance, viewing.connection, now, place);
  const latest = glance.latest ?? null;
  const freshness = capUnconfirmed(freshnessOf(latest, glance, now), viewing.confirmed);
  const base = {
    id: glance.person.id,
    name: glance.person.name,
    demo: glance.person.demo,
    freshness,
    cause: chain.broken && (chain.broken.place === 'sensor' || chain.broken.place === 'phone') ? say(chain.broken.sentence) : null,
    saved: viewing.confirmed || !latest ? null : say(phrase('saved-at', { time: timeText(viewing.connection.heardAt ?? latest.at, place) })),
  };
  if (!latest || freshness === 'unknown') return { ...base, ...unknownView(glance, latest, viewing, say) };
  return { ...base, ...knownView(glance, latest, freshness, viewing, say) };
}

type Looks = Omit<ReadingView, 'id' | 'name' | 'demo' | 'freshness' | 'cause' | 'saved'>;

function unknownView(glance: Glance, latest: Reading | null, viewing: Viewing, say: Saying): Looks {
  const headline = say(
    latest ? phrase('unknown-since', { day: dayText(latest.at, viewing.now, viewing.place) }) : phrase('unknown-never'),
  );
  return {
    level: null, value: null, isWord: false, trend: null, delta: null, headline, age: '', missing: null, was: null,
    suspect: false, spoken: say(phrase('spoken-unknown', { name: glance.person.name, sentence: headline })),
  };
}

function staleSentence(latest: Reading, viewing: Viewing): Phrase {
  const minutes = Math.floor((viewing.now - latest.at) / 60_000);
  return minutes < 60
    ? phrase('stale-minutes', { minutes })
    : phrase('stale-since', { since: agePhrase(latest.at, viewing.now, viewing.place) });
}

function knownView(glance: Glance, latest: Reading, freshness: Freshness, viewing: Viewing, say: Saying): Looks {
  const { now, unit, place } = viewing;
  const filling = valuePhrase(latest, unit, place.locale);
  const value = typeof filling === 'string' || filling === null ? filling : say(filling as Phrase);
  const level = levelOf(latest, unit);
  const stale = freshness === 'stale';
  const trend = stale ? null : trendOf(latest);
  const levelWord = say(phrase('level', { level: level ?? 'in_range' }));
  const trendWord = trend ? say(phrase('trend', { trend })) : null;
  const age = viewing.checking ? say(phrase('age-checking')) : say(agePhrase(latest.at, now, place));
  const missing = freshness === 'late' && viewing.confirmed ? missingReadings(latest, glance, now) : 0;
  const old = staleSentence(latest, viewing);
  const delta = stale || !glance.delta ? null : glance.delta;
  return {
    level, value, isWord: latest.range != null, trend,
    delta: delta && say(phrase('delta', { change: changeText(delta.mg_dl, unit, place.locale), minutes: delta.minutes })),
    headline: stale ? say(old) : trendWord ? say(phrase('level-and-trend', { level: levelWord, trend: trendWord })) : levelWord,
    age,
    missing: missing > 0 ? say(phrase('missing', { count: missing })) : null,
    was: stale ? wasSentence(glance, latest, level, value, viewing, say) : null,
    suspect: clockSuspect(latest, now),
    spoken: spokenSentence(glance, latest, { levelWord, trendWord, value, stale, old }, viewing, say),
  };
}

function wasSentence(glance: Glance, latest: Reading, level: Level | null, value: string | null, viewing: Viewing, say: Saying): string {
  const time = sharedTime(latest.at, viewing.place, glance.person);
  const shown = value ?? '';
  return level === null || level === 'in_range'
    ? say(phrase('was', { value: shown, time }))
    : say(phrase('was-out', { level: phrase('was-level', { level }), value: shown, time }));
}

interface Spoken {
  levelWord: string;
  trendWord: string | null;
  value: string | null;
  stale: boolean;
  old: Phrase;
}

function spokenSentence(glance: Glance, latest: Reading, spoken: Spoken, viewing: Viewing, say: Saying): string {
  const name = glance.person.name;
  if (spoken.stale) return say(phrase('spoken-old', { name, sentence: spoken.old }));
  const value = phrase('spoken-value', { value: spoken.value ?? '', unit: phrase('unit-spoken', { unit: viewing.unit }) });
  const level = spoken.levelWord.toLocaleLowerCase(viewing.place.locale);
  const age = viewing.checking ? phrase('age-checking') : spokenAge(latest.at, viewing.now, viewing.place);
  return spoken.trendWord
    ? say(phrase('spoken', { name, value, level, trend: spoken.trendWord, age }))
    : say(phrase('spoken-plain', { name, value, level, age }));
}

/** The last moment until which a view made now stays true, if nothing but time passes. Looked at once a minute at least. */
export function unchangedUntil(glance: Glance, now: number): number {
  const source = shownSource(glance);
  const edges = [glance.fresh_ms, glance.late_ms, source?.fresh_ms ?? 0, source?.late_ms ?? 0, -FUTURE_JITTER_MS - 1];
  let until = now + MINUTE;
  for (const base of [glance.latest?.at, source?.last_contact]) {
    if (base == null) continue;
    // "3 min ago" holds to the last millisecond of that minute.
    until = Math.min(until, base + (Math.floor((now - base) / MINUTE) + 1) * MINUTE - 1);
    for (const edge of edges) if (base + edge >= now) until = Math.min(until, base + edge);
  }
  return until;
}
