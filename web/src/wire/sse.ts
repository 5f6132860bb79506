// Takes server-sent events out of a stream of text. Knows nothing of what they mean.

export interface SentEvent {
  event: string;
  data: string;
  id: string | null;
}

/** An event longer than this is no event of ours; the stream is given up. A day of a hundred people, a reading each minute, is 10 million. */
const LONGEST_CHARS = 32_000_000;

export class SentEvents {
  private rest = '';
  private event = '';
  private lines: string[] = [];
  private id: string | null = null;
  private size = 0;

  push(chunk: string): SentEvent[] {
    const found: SentEvent[] = [];
    const lines = (this.rest + chunk).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) this.take(line.endsWith('\r') ? line.slice(0, -1) : line, found);
    if (this.rest.length + this.size > LONGEST_CHARS) throw new RangeError('event too long');
    return found;
  }

  private take(line: string, found: SentEvent[]): void {
    if (line === '') {
      if (this.lines.length > 0) found.push({ event: this.event || 'message', data: this.lines.join('\n'), id: this.id });
      this.event = '';
      this.lines = [];
      this.id = null;
      this.size = 0;
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.event = value;
    if (field === 'id') this.id = value;
    if (field === 'data') {
      this.lines.push(value);
      this.size += value.length;
    }
  }
}
