// The one way to catch up: everything of now, then everything after, by cursor. Reconnects; decides nothing.
import { deviceState, type Connection } from '../model/chain';
import type { Asked, ServerClock } from '../model/clock';
import type { LiveBeat, LiveContact, LiveEntry, Now } from './schema';
import { SentEvents, type SentEvent } from './sse';

/** Between two tries. Jitter spreads a whole town's phones after a restart of the server. */
const SHORTEST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
/** Without an answer for so long a try is given up and the next one begins. */
const OPEN_WITHIN_MS = 15_000;
/** Two wishes for everything anew lie at least so far apart, whatever the server says. */
const ANEW_EVERY_MS = 10_000;
/** A beat this far behind our own time lay in a buffer, or our time is wrong: asking anew settles it. */
const BEHIND_MS = 5_000;

export interface LiveEvents {
  now(now: Now): void;
  entry(entry: LiveEntry): void;
  contact(contact: LiveContact): void;
  people(now: Now): void;
  ended(person: string): void;
  /** This device follows nobody any more, or was never let in. */
  signedOut(): void;
  connection(connection: Connection): void;
}

export interface LiveWorld {
  clock: ServerClock;
  fetch(url: string, options: RequestInit): Promise<Response>;
  online(): boolean;
  random(): number;
  after(ms: number, run: () => void): () => void;
}

/** What our own server says to a device that it does not know, or that follows nobody. */
const SIGNED_OUT = /"code":"(no_credentials|unknown_credentials|nobody_to_follow)"/;

/** Hotel networks and proxies answer 401 and 403 too; only our own word counts, for it costs all that is saved. */
async function isSignedOut(response: Response): Promise<boolean> {
  if (response.status !== 401 && response.status !== 403) return false;
  if (!response.headers.get('content-type')?.startsWith('application/problem+json')) return false;
  return SIGNED_OUT.test(await response.text());
}

type Trouble = Connection['trouble'];

export class Live {
  private cursor: string | null = null;
  private tries = 0;
  private open: AbortController | null = null;
  private stopPause: (() => void) | null = null;
  private connection: Connection = { heardAt: null, trouble: 'connecting' };
  private done = false;

  constructor(private readonly world: LiveWorld, private readonly events: LiveEvents) {}

  /** `first` is what the document carried; the stream then starts after it. `savedAt` is when a saved copy was made. */
  start(first: Now | null, savedAt: number | null): void {
    if (first) this.cursor = first.cursor;
    this.tell(first ? { heardAt: first.time, trouble: 'none' } : { heardAt: savedAt });
    this.connect();
  }

  stop(): void {
    this.done = true;
    this.stopPause?.();
    this.open?.abort();
  }

  /** On wake, on `online`: no pause, no doubt about an old connection. */
  connectNow(): void {
    if (this.done) return;
    this.tries = 0;
    this.connect();
  }

  /** What we hold is not everyone: the state of all, without a cursor. */
  askAnew(): void {
    if (this.done) return;
    this.cursor = null;
    this.open?.abort();
    this.open = null;
    const wait = Math.max(0, this.anewAt + ANEW_EVERY_MS - this.world.clock.now());
    this.anewAt = this.world.clock.now() + wait;
    this.stopPause?.();
    if (wait === 0) this.connect();
    else this.stopPause = this.world.after(wait, () => this.connect());
  }

  private anewAt = -Infinity;

  /** Once a second: a stream that has gone quiet is not waited for. */
  tick(): void {
    const quiet = deviceState(this.connection, this.world.clock.now()) !== 'working';
    if (quiet && this.open && this.isOld) this.connect();
  }

  /** Whether the open stream has had its chance to speak. */
  private isOld = false;

  private tell(change: Partial<Connection>): void {
    this.connection = { ...this.connection, ...change };
    this.events.connection(this.connection);
  }

  private connect(): void {
    this.stopPause?.();
    this.stopPause = null;
    this.open?.abort();
    const attempt = new AbortController();
    this.open = attempt;
    this.isOld = false;
    const giveUp = this.world.after(OPEN_WITHIN_MS, () => attempt.abort());
    this.read(attempt, giveUp)
      .catch((): Trouble => (this.world.online() ? 'unreachable' : 'offline'))
      .then((trouble) => {
        giveUp();
        if (this.open !== attempt || this.done) return;
        this.open = null;
        this.pause(trouble);
      });
  }

  private pause(trouble: Trouble): void {
    this.tell({ trouble });
    const longest = Math.min(LONGEST_PAUSE_MS, SHORTEST_PAUSE_MS * 2 ** this.tries);
    this.tries += 1;
    const wait = SHORTEST_PAUSE_MS + this.world.random() * (longest - SHORTEST_PAUSE_MS);
    this.stopPause = this.world.after(wait, () => this.connect());
  }

  private async read(attempt: AbortController, opened: () => void): Promise<Trouble> {
    const asked = this.world.clock.moment();
    const headers: Record<string, string> = { Accept: 'text/event-stream' };
    if (this.cursor !== null) headers['Last-Event-ID'] = this.cursor;
    const response = await this.world.fetch('/api/live', { headers, cache: 'no-store', signal: attempt.signal });
    if (await isSignedOut(response)) {
      this.stop();
      this.events.signedOut();
      return 'none';
    }
    if (!response.ok || !response.body) return response.status >= 500 ? 'server_fault' : 'unreachable';
    const reader = response.body.getReader();
    const text = new TextDecoder();
    const events = new SentEvents();
    for (;;) {
      const { value, done } = await reader.read();
      if (attempt.signal.aborted || done) return this.world.online() ? 'unreachable' : 'offline';
      for (const event of events.push(text.decode(value, { stream: true }))) {
        opened();
        // Somebody may have asked for everything anew while we read.
        if (attempt.signal.aborted) break;
        this.take(event, asked);
        if (event.id && !attempt.signal.aborted) this.cursor = event.id;
        this.isOld = true;
      }
    }
  }

  private take(sent: SentEvent, asked: Asked): void {
    const content: unknown = JSON.parse(sent.data);
    switch (sent.event) {
      case 'now': {
        const now = content as Now;
        this.heard(now.time, asked, now.store_fault === true);
        this.events.now(now);
        this.cursor = now.cursor;
        break;
      }
      case 'entry': this.events.entry(content as LiveEntry); break;
      case 'contact': this.events.contact(content as LiveContact); break;
      case 'people': this.events.people(content as Now); break;
      case 'ended': this.events.ended((content as { person: string }).person); break;
      case 'beat': this.beat(content as LiveBeat); break;
    }
  }

  private heard(time: number, asked: Asked, storeFault: boolean): void {
    this.tries = 0;
    this.world.clock.answered(time, asked);
    this.tell({ heardAt: time, trouble: 'none', storeFault });
  }

  private beat({ time, store_fault }: LiveBeat): void {
    const behind = this.world.clock.now() - time;
    this.world.clock.heard(time);
    this.tell({ heardAt: Math.max(time, this.connection.heardAt ?? 0), trouble: 'none', storeFault: store_fault === true });
    if (behind > BEHIND_MS) this.connectNow();
  }
}
