// Moments as people say them: "4 min ago", "02:14", "Tuesday". Knows time zones, and asks no clock.
import { phrase, type Phrase } from './phrase';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export interface Place {
  locale: string;
  /** The viewer's zone. Left out, it is the device's own. */
  zone?: string | undefined;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(place: Place, kind: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${place.locale} ${place.zone ?? ''} ${kind}`;
  let known = formats.get(key);
  if (!known) {
    known = new Intl.DateTimeFormat(place.locale, place.zone ? { ...options, timeZone: place.zone } : options);
    formats.set(key, known);
  }
  return known;
}

export function timeText(at: number, place: Place): string {
  return format(place, 'time', { hour: '2-digit', minute: '2-digit' }).format(at);
}

/** "Tuesday" within the last six days, else "3 March", and the year where it is another one. */
export function dayText(at: number, now: number, place: Place): string {
  if (now - at < 6 * DAY) return format(place, 'weekday', { weekday: 'long' }).format(at);
  const year = format(place, 'year', { year: 'numeric' });
  return year.format(at) === year.format(now)
    ? format(place, 'day', { day: 'numeric', month: 'long' }).format(at)
    : format(place, 'date', { day: 'numeric', month: 'long', year: 'numeric' }).format(at);
}

/** Minutes that local time is ahead of UTC at that moment. An unknown zone counts as the viewer's own. */
export function offsetMinutes(at: number, zone: string | undefined): number {
  let parts: Intl.DateTimeFormatPart[];
  try {
    const numbers = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', hourCycle: 'h23' } as const;
    parts = format({ locale: 'en-US', zone }, 'offset', numbers).formatToParts(at);
  } catch {
    return zone === undefined ? 0 : offsetMinutes(at, undefined);
  }
  const part = (type: string) => Number(parts.find((each) => each.type === type)?.value ?? 0);
  const local = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'));
  return Math.round((local - Math.floor(at / MINUTE) * MINUTE) / MINUTE);
}

/** Her own time beside ours, where her clock shows another one. */
export function sharedTime(at: number, place: Place, person: { name: string; time_zone: string }): Phrase | string {
  const here = timeText(at, place);
  if (offsetMinutes(at, place.zone) === offsetMinutes(at, person.time_zone)) return here;
  return phrase('time-both', { here, there: timeText(at, { ...place, zone: person.time_zone }), name: person.name });
}

export function agePhrase(at: number, now: number, place: Place): Phrase {
  const age = Math.max(0, now - at);
  if (age < MINUTE) return phrase('age-now');
  if (age < HOUR) return phrase('age-minutes', { minutes: Math.floor(age / MINUTE) });
  if (age <= DAY) {
    const minutes = Math.floor((age % HOUR) / MINUTE);
    return phrase('age-hours', { time: timeText(at, place), hours: Math.floor(age / HOUR), minutes });
  }
  return phrase('age-day', { day: dayText(at, now, place) });
}

export function spokenAge(at: number, now: number, place: Place): Phrase {
  const age = Math.max(0, now - at);
  if (age < MINUTE) return phrase('age-now-spoken');
  if (age < HOUR) return phrase('age-minutes-spoken', { minutes: Math.floor(age / MINUTE) });
  return agePhrase(at, now, place);
}

/** Whether the schedule's night holds at that local time. "22:00" to "07:00" runs over midnight. */
export function isNight(at: number, from: string, until: string, zone?: string): boolean {
  const minutes = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5));
  const local = (((at / MINUTE + offsetMinutes(at, zone)) % 1440) + 1440) % 1440;
  const [start, end] = [minutes(from), minutes(until)];
  return start <= end ? local >= start && local < end : local >= start || local < end;
}
