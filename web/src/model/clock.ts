// The server's time, kept on this device between its messages. Never reads a clock by itself: both are handed in.

export interface Clocks {
  /** Milliseconds that only go forward; may stand still while the device sleeps. */
  steady(): number;
  /** The device's own idea of the time; may be wrong, and may be changed by hand. */
  wall(): number;
}

/** An answer that took longer than this may have lain in a buffer; it cannot turn the time back. */
const PROMPT_MS = 10_000;

export interface Asked {
  steady: number;
  wall: number;
}

/**
 * Time runs on by whichever of the two clocks has gone further, so sleep counts and a wrong clock can only make a
 * number look older, never newer (P2). Only the answer to a question asked a moment ago may turn it back.
 */
export class ServerClock {
  private at: number;
  private steadyAt: number;
  private wallAt: number;
  /** Whether the server itself has told the time since this page opened. */
  confirmed = false;

  constructor(private readonly clocks: Clocks) {
    this.steadyAt = clocks.steady();
    this.wallAt = clocks.wall();
    this.at = this.wallAt;
  }

  now(): number {
    return this.at + this.passed({ steady: this.steadyAt, wall: this.wallAt });
  }

  /** A beat: it may have waited in a buffer while we slept, so it may only move time on. */
  heard(time: number): void {
    if (!this.confirmed || time > this.now()) this.set(time);
  }

  /** The answer to something asked at `asked`; the truth, if it came promptly. */
  answered(time: number, asked: Asked): void {
    if (!this.confirmed || time > this.now() || this.passed(asked) <= PROMPT_MS) this.set(time);
  }

  /** What this device believes until the server has spoken. */
  guess(time: number): void {
    if (this.confirmed) return;
    this.set(time);
    this.confirmed = false;
  }

  moment(): Asked {
    return { steady: this.clocks.steady(), wall: this.clocks.wall() };
  }

  private passed(since: Asked): number {
    return Math.max(0, this.clocks.steady() - since.steady, this.clocks.wall() - since.wall);
  }

  private set(time: number): void {
    this.at = time;
    this.steadyAt = this.clocks.steady();
    this.wallAt = this.clocks.wall();
    this.confirmed = true;
  }
}
