// The four links from the sensor to this device, and the first broken one. Names a cause only where it is known.
import type { Glance, Source } from '../wire/schema';
import { agePhrase, dayText, sharedTime, timeText, type Place } from './moments';
import { phrase, type Filling, type Phrase } from './phrase';

export type LinkPlace = 'sensor' | 'phone' | 'keepwatch' | 'device';
export type LinkState = 'working' | 'late' | 'broken' | 'waiting' | 'unknown';

export interface Link {
  place: LinkPlace;
  state: LinkState;
  name: Filling;
  sentence: Phrase;
}

export interface Chain {
  links: Link[];
  /** The first broken link, seen from the sensor. */
  broken: Link | null;
}

/** What this device knows of its own way to the server. */
export interface Connection {
  /** Server time of the last sign of life; null before the first. */
  heardAt: number | null;
  trouble: 'none' | 'connecting' | 'offline' | 'unreachable' | 'server_fault';
  /** The server said that it cannot save readings at present. */
  storeFault?: boolean;
}

const DEVICE_LATE_MS = 30_000;
const DEVICE_BROKEN_MS = 60_000;
const DAY_MS = 86_400_000;

export function deviceState(connection: Connection, now: number): 'working' | 'late' | 'broken' {
  // The first try of this page is on its way: slow, but nothing is known to be broken yet.
  if (connection.trouble === 'connecting') return 'late';
  // The device itself knows best that it has no network; that needs no minute of waiting.
  if (connection.heardAt === null || connection.trouble === 'offline') return 'broken';
  const silent = now - connection.heardAt;
  if (silent <= DEVICE_LATE_MS) return 'working';
  return silent <= DEVICE_BROKEN_MS ? 'late' : 'broken';
}

export function shownSource(glance: Glance): Source | undefined {
  return glance.sources.find((source) => source.shown) ?? glance.sources[0];
}

/** A source still under its protocol's own name was not named by anybody; then it is her phone. */
const PROTOCOL_NAMES = new Set(['share', 'dexcom share', 'nightscout', 'api', 'import']);

export function phoneName(glance: Glance): Filling {
  const name = shownSource(glance)?.name.trim() ?? '';
  if (name === '' || PROTOCOL_NAMES.has(name.toLowerCase())) return phrase('link-phone', { name: glance.person.name });
  return name;
}

type Judged = { state: LinkState; sentence: Phrase };

class Judge {
  private readonly source: Source | undefined;
  private readonly name: Filling;

  constructor(private readonly glance: Glance, private readonly now: number, private readonly place: Place) {
    this.source = shownSource(glance);
    this.name = phoneName(glance);
  }

  /** A refusal newer than the newest reading is what stands in its way. */
  private refusal(): string | null {
    const refused = this.source?.refused;
    return refused && refused.at > (this.glance.latest?.at ?? 0) ? refused.reason : null;
  }

  private since(at: number): Filling {
    return this.now - at > DAY_MS ? dayText(at, this.now, this.place) : sharedTime(at, this.place, this.glance.person);
  }

  phone(): Judged {
    const contact = this.source?.last_contact;
    if (!this.source) return { state: 'unknown', sentence: phrase('phone-never') };
    if (contact == null) return { state: 'unknown', sentence: phrase('phone-unknown', { name: this.name }) };
    const silent = this.now - contact;
    if (silent > this.source.late_ms) {
      return { state: 'broken', sentence: phrase('phone-broken', { name: this.name, since: this.since(contact) }) };
    }
    const reason = this.refusal();
    if (reason === 'time_in_future') return { state: 'broken', sentence: phrase('phone-clock', { name: this.name }) };
    if (reason !== null && reason !== 'sensor_code') {
      return { state: 'broken', sentence: phrase('phone-refused', { name: this.name }) };
    }
    if (silent > this.source.fresh_ms) return { state: 'late', sentence: phrase('phone-late', { since: this.since(contact) }) };
    return { state: 'working', sentence: phrase('phone-working', { when: agePhrase(contact, this.now, this.place) }) };
  }

  sensor(phone: Judged): Judged {
    const latest = this.glance.latest;
    const when = latest ? agePhrase(latest.at, this.now, this.place) : '';
    const age = latest ? Math.max(0, this.now - latest.at) : Infinity;
    if (age <= this.glance.fresh_ms) return { state: 'working', sentence: phrase('sensor-working', { when }) };
    if (age <= this.glance.late_ms) return { state: 'late', sentence: phrase('sensor-late', { when }) };
    const inTouch = phone.state === 'working' || phone.state === 'late';
    if (inTouch && this.refusal() === 'sensor_code') return { state: 'broken', sentence: phrase('sensor-fault') };
    // In touch at a moment when the next reading was already overdue: the phone had none to give.
    const contact = this.source?.last_contact;
    const overdueAtContact = latest && contact != null && contact - latest.at > this.glance.fresh_ms;
    if (inTouch && overdueAtContact) return { state: 'broken', sentence: phrase('sensor-broken') };
    return { state: 'unknown', sentence: phrase('sensor-unknown') };
  }
}

function deviceJudged(connection: Connection, now: number, place: Place): Judged {
  const state = deviceState(connection, now);
  if (state === 'working') return { state, sentence: phrase('device-working') };
  if (state === 'late') return { state, sentence: phrase('device-late') };
  if (connection.heardAt === null) return { state, sentence: phrase('starting-failed') };
  const time = timeOrDay(connection.heardAt, now, place);
  return { state, sentence: phrase(connection.trouble === 'offline' ? 'device-offline' : 'device-unreachable', { time }) };
}

/** "02:31", or the day where that was longer than a day ago. */
function timeOrDay(at: number, now: number, place: Place): string {
  return now - at > DAY_MS ? dayText(at, now, place) : timeText(at, place);
}

export function chainOf(glance: Glance, connection: Connection, now: number, place: Place): Chain {
  const names: Record<LinkPlace, Filling> = {
    sensor: phrase('link-sensor'),
    phone: phoneName(glance),
    keepwatch: phrase('link-keepwatch'),
    device: phrase('link-device'),
  };
  const link = (at: LinkPlace, judged: Judged): Link => ({ place: at, name: names[at], ...judged });
  const device = deviceJudged(connection, now, place);
  if (device.state === 'broken') return cutOff(connection, device, link, now, place);

  const judge = new Judge(glance, now, place);
  const phone = judge.phone();
  const sensor = judge.sensor(phone);
  const keepwatch: Judged = connection.storeFault
    ? { state: 'late', sentence: phrase('keepwatch-unsaved') }
    : { state: 'working', sentence: phrase('keepwatch-working') };
  const links = [link('sensor', sensor), link('phone', phone), link('keepwatch', keepwatch), link('device', device)];
  return withWaiting(links);
}

/** Nothing beyond this device can be seen while it is cut off, so nothing beyond it is called broken. */
function cutOff(connection: Connection, device: Judged, link: (at: LinkPlace, judged: Judged) => Link, now: number, place: Place): Chain {
  const blind: Judged = { state: 'unknown', sentence: phrase('cut-off') };
  const links = [link('sensor', blind), link('phone', blind)];
  if (connection.trouble === 'server_fault') {
    const since = timeOrDay(connection.heardAt ?? now, now, place);
    links.push(link('keepwatch', { state: 'broken', sentence: phrase('keepwatch-broken', { since }) }));
    links.push(link('device', { state: 'waiting', sentence: phrase('link-waiting') }));
  } else {
    links.push(link('keepwatch', { state: 'unknown', sentence: phrase('keepwatch-unknown') }), link('device', device));
  }
  return { links, broken: links.find((each) => each.state === 'broken') ?? null };
}

function withWaiting(links: Link[]): Chain {
  const first = links.findIndex((each) => each.state === 'broken');
  if (first < 0) return { links, broken: null };
  const told = links.map((each, index): Link => {
    if (index <= first) return each;
    const sentence = each.place === 'phone' ? phrase('phone-ready') : phrase('link-waiting');
    return { ...each, state: 'waiting', sentence };
  });
  return { links: told, broken: told[first] ?? null };
}

/** One line for the folded chain. */
export function chainSummary(chain: Chain): Phrase {
  if (chain.broken) return phrase('chain-broken', { name: chain.broken.name });
  if (chain.links.every((each) => each.state === 'working')) return phrase('chain-all-working');
  return phrase(chain.links.some((each) => each.state === 'late') ? 'chain-late' : 'chain-unsure');
}
