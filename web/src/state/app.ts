// Holds the page's state together: clock, stream, glances, settings. Draws nothing.
import { computed, signal } from '@preact/signals';
import { ServerClock } from '../model/clock';
import type { Connection } from '../model/chain';
import { unitOf } from '../model/glucose';
import { isNight, type Place } from '../model/moments';
import { movedUp, settledOrder, wantedOrder, type Touch } from '../model/order';
import { phrase } from '../model/phrase';
import type { Viewing } from '../model/view';
import { readingsBetween } from '../wire/client';
import { Live, type LiveWorld } from '../wire/live';
import type { Glance, Now } from '../wire/schema';
import type { Words } from '../words/words';
import { Announcer } from './announcer';
import { Glances } from './glances';
import { History } from './history';
import { loadSaved, Saver, type Saved } from './saved';
import { Settings } from './settings';
import { Sight, type Seen } from './sight';

/** Longest doubt on wake: then the number stands with its age, and the chain says that nobody answered. */
const CHECKING_MS = 3_000;
const SAVE_EVERY_MS = 60_000;
/** A document this much older than the device's clock came out of some store, not from the server. */
const OLD_DOCUMENT_MS = 120_000;

export type Phase = 'starting' | 'showing' | 'signed_out' | 'forgotten';

export class App {
  readonly glances = new Glances();
  readonly history = new History(readingsBetween);
  readonly settings: Settings;
  readonly place: Place;
  readonly now = signal(0);
  readonly checking = signal(false);
  readonly connection = signal<Connection>({ heardAt: null, trouble: 'connecting' });
  readonly phase = signal<Phase>('starting');
  readonly savedAt = signal<number | null>(null);
  readonly order = signal<readonly string[]>([]);
  readonly polite = signal('');
  readonly assertive = signal('');
  /** The last words after this device was forgotten. */
  readonly farewell = signal('');
  readonly unit;

  private readonly clock: ServerClock;
  private readonly live: Live;
  private readonly saver = new Saver(SAVE_EVERY_MS);
  private readonly announcer = new Announcer();
  private readonly sight: Sight;
  private readonly touch: Touch = { down: false, lastAt: null };
  private stopChecking: (() => void) | null = null;

  constructor(page: Window, readonly words: Words, private readonly wake: LiveWorld['after']) {
    const asked = page.navigator.language;
    this.place = { locale: asked.slice(0, 2) === this.words.language ? asked : this.words.language };
    this.sight = new Sight(words.say);
    this.settings = new Settings(shelfOf(page));
    this.unit = this.settings.unit(() => unitOf(this.glances.viewer.value?.unit ?? 'mg/dL'));
    const clocks = { steady: () => page.performance.now(), wall: () => Date.now() };
    this.clock = new ServerClock(clocks);
    this.now.value = this.clock.now();
    this.live = new Live(
      {
        clock: this.clock,
        fetch: (url, options) => page.fetch(url, options),
        online: () => page.navigator.onLine,
        random: () => Math.random(),
        after: wake,
      },
      {
        now: (now) => this.applyNow(now),
        entry: (entry) => this.folded(this.glances.applyEntry(entry, this.clock.now())),
        contact: (contact) => this.folded(this.glances.applyContact(contact)),
        people: (now) => this.applyPeople(now),
        ended: (person) => void this.ended(person),
        signedOut: () => void this.signedOut(),
        connection: (connection) => { this.connection.value = connection; },
      },
    );
  }

  /** `first` is what the document carried. Without it the saved copy is shown, marked as such. */
  async start(first: Now | null): Promise<void> {
    // A restored tab brings its old document: that is a saved copy, until the server has answered.
    const isOld = first !== null && Date.now() - first.time > OLD_DOCUMENT_MS;
    if (first && isOld) {
      this.showSaved({ now: first, aheadMs: 0 });
      this.check();
    } else if (first) {
      this.clock.answered(first.time, this.clock.moment());
      this.glances.applyNow(first);
      this.phase.value = 'showing';
    } else {
      this.showSaved(await loadSaved());
      this.check();
    }
    this.beat();
    this.live.start(isOld ? null : first, this.savedAt.value);
    if (first && !isOld) this.changed(true);
  }

  /** Once a second, and after each change. */
  beat(): void {
    this.live.tick();
    this.now.value = this.clock.now();
    this.settle();
    this.announce();
  }

  /** On wake: nothing on the screen counts as checked until the server has answered. */
  woken(): void {
    if (this.phase.value === 'signed_out' || this.phase.value === 'forgotten') return;
    this.now.value = this.clock.now();
    this.check();
    this.live.connectNow();
  }

  /** The device says that it has no network; nobody needs to wait a minute to be told. */
  cutOff(): void {
    this.live.connectNow();
  }

  touched(down: boolean): void {
    this.touch.down = down;
    this.touch.lastAt = this.clock.now();
  }

  viewing(): Viewing {
    return {
      now: this.now.value,
      unit: this.unit.value,
      place: this.place,
      connection: this.connection.value,
      confirmed: this.savedAt.value === null,
      checking: this.checking.value,
    };
  }

  seen(glance: Glance): Seen {
    return this.sight.of(glance, this.viewing());
  }

  readonly palette = computed(() => {
    const { palette, schedule, nightFrom, nightUntil } = this.settings.choices.value;
    // Looked at once a minute, so that the clock's tick does not touch the page's root each second.
    const minute = Math.floor(this.now.value / 60_000) * 60_000;
    return schedule && isNight(minute, nightFrom, nightUntil, this.place.zone) ? 'night' : palette;
  });

  async forget(tell: () => Promise<boolean>): Promise<boolean> {
    this.live.stop();
    const told = await tell();
    await this.clearEverything();
    this.settings.clear();
    this.phase.value = 'forgotten';
    return told;
  }

  /** What speaks of somebody unknown means that we hold less than the server would show. */
  private folded(isKnown: boolean): void {
    if (!isKnown) this.live.askAnew();
    this.changed(false);
  }

  private applyPeople(now: Now): void {
    const before = this.ids();
    const isKnown = this.glances.applyPeople(now);
    this.forgetGone(before);
    this.changed(true);
    if (!isKnown) this.live.askAnew();
  }

  private ids(): string[] {
    return this.glances.people.value.map((each) => each.person.id);
  }

  /** A follow can end while nobody listens; then nobody says "ended". */
  private forgetGone(before: readonly string[]): void {
    for (const id of before) if (!this.glances.find(id)) void this.ended(id);
  }

  private applyNow(now: Now): void {
    const before = this.ids();
    this.glances.applyNow(now);
    this.forgetGone(before);
    this.savedAt.value = null;
    this.phase.value = 'showing';
    this.stopChecking?.();
    this.changed(true);
  }

  private changed(atOnce: boolean): void {
    const viewer = this.glances.viewer.value;
    const now = this.clock.now();
    if (viewer) this.saver.save({ time: now, cursor: '', viewer, people: [...this.glances.people.value] }, Date.now(), atOnce);
    this.beat();
  }

  private showSaved(saved: Saved | null): void {
    if (!saved || this.phase.value !== 'starting') return;
    // The saved moment is the earliest that it can be now, whatever this device's clock says.
    this.clock.guess(Math.max(saved.now.time, Date.now() + saved.aheadMs));
    this.savedAt.value = saved.now.time;
    this.glances.applyNow(saved.now);
    this.phase.value = 'showing';
  }

  private check(): void {
    this.stopChecking?.();
    this.checking.value = true;
    const stop = this.wake(CHECKING_MS, () => this.stopChecking?.());
    this.stopChecking = () => {
      stop();
      this.stopChecking = null;
      this.checking.value = false;
    };
  }

  private settle(): void {
    const viewing = this.viewing();
    const people = this.glances.people.value;
    const ranked = people.map((each) => ({ id: each.person.id, rank: this.sight.of(each, viewing).rank }));
    const shown = this.order.value;
    const next = settledOrder(shown, wantedOrder(ranked, this.settings.choices.value.order), this.touch, viewing.now);
    if (next.length === shown.length && next.every((id, index) => id === shown[index])) return;
    this.order.value = next;
    const moved = movedUp(shown, next)[0];
    const name = moved && this.glances.find(moved.id)?.person.name;
    if (moved && name) this.polite.value = this.words.say(phrase('announce-moved', { name, place: moved.place }));
  }

  private announce(): void {
    const unit = phrase('unit-spoken', { unit: this.unit.value });
    const readEach = this.settings.choices.value.readEach;
    for (const glance of this.glances.people.value) {
      const told = this.announcer.observe(this.seen(glance).view, glance.latest?.at ?? null, unit, readEach);
      if (told) (told.urgent ? this.assertive : this.polite).value = this.words.say(told.phrase);
    }
  }

  private async ended(person: string): Promise<void> {
    this.glances.applyEnded(person);
    this.history.forget(person);
    this.announcer.forget(person);
    this.sight.forget(person);
    this.settle();
    await this.saver.forgetPerson(person);
  }

  private async signedOut(): Promise<void> {
    await this.clearEverything();
    this.phase.value = 'signed_out';
  }

  private async clearEverything(): Promise<void> {
    this.glances.clear();
    this.history.clear();
    this.sight.clear();
    this.order.value = [];
    await this.saver.forgetAll();
  }
}

function shelfOf(page: Window): Storage | null {
  try {
    return page.localStorage;
  } catch {
    return null;
  }
}
