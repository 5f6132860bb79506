// The stream against a server and a clock made of paper: catching up, quiet streams, pauses, and the end.
import test from 'node:test';
import assert from 'node:assert/strict';
import { ServerClock } from '../model/clock';
import type { Connection } from '../model/chain';
import type { Now } from './schema';
import { Live } from './live';
import { SentEvents } from './sse';

const SERVER = 1_768_440_680_000;

class World {
  ms = 0;
  timers: { at: number; run: () => void }[] = [];
  asked: { headers: Record<string, string>; say(text: string): void; end(): void; aborted(): boolean }[] = [];
  status = 200;
  isOnline = true;
  unknown = '';
  problem: { kind: string; code: string } | null = null;
  heard: string[] = [];
  connections: Connection[] = [];
  readonly clock = new ServerClock({ steady: () => this.ms, wall: () => SERVER + this.ms });
  readonly live = new Live(
    {
      clock: this.clock,
      fetch: async (_url, options) => this.answer(options),
      online: () => this.isOnline,
      random: () => 1,
      after: (ms, run) => {
        const timer = { at: this.ms + ms, run };
        this.timers.push(timer);
        return () => { this.timers = this.timers.filter((each) => each !== timer); };
      },
    },
    {
      now: (now) => this.heard.push(`now ${now.cursor}`),
      entry: (entry) => {
        this.heard.push(`entry ${entry.person}`);
        if (entry.person === this.unknown) this.live.askAnew();
      },
      contact: (contact) => this.heard.push(`contact ${contact.person}`),
      people: () => this.heard.push('people'),
      ended: (person) => this.heard.push(`ended ${person}`),
      signedOut: () => this.heard.push('signed out'),
      connection: (connection) => this.connections.push(connection),
    },
  );

  private answer(options: RequestInit): Response {
    let stream: ReadableStreamDefaultController<Uint8Array> | undefined;
    const body = new ReadableStream<Uint8Array>({ start: (controller) => { stream = controller; } });
    options.signal?.addEventListener('abort', () => { try { stream?.error(new Error('aborted')); } catch { /* it had ended */ } });
    this.asked.push({
      headers: options.headers as Record<string, string>,
      say: (text) => stream?.enqueue(new TextEncoder().encode(text)),
      end: () => stream?.close(),
      aborted: () => options.signal?.aborted === true,
    });
    if (this.problem) {
      const { kind, code } = this.problem;
      return new Response(JSON.stringify({ code }), { status: this.status, headers: { 'Content-Type': kind } });
    }
    return new Response(body, { status: this.status });
  }

  get last() {
    const last = this.asked.at(-1);
    assert.ok(last);
    return last;
  }

  async settle() {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve().then(() => new Promise((done) => setTimeout(done, 0)));
  }

  async pass(ms: number) {
    this.ms += ms;
    for (const timer of this.timers.filter((each) => each.at <= this.ms)) {
      this.timers = this.timers.filter((each) => each !== timer);
      timer.run();
    }
    this.live.tick();
    await this.settle();
  }

  async tell(event: string, content: object, id?: string) {
    this.last.say(`event: ${event}\n${id ? `id: ${id}\n` : ''}data: ${JSON.stringify(content)}\n\n`);
    await this.settle();
  }

  async begin() {
    this.live.start(null, null);
    await this.settle();
    await this.tell('now', this.now('c1'));
  }

  now(cursor: string): Now {
    return { time: SERVER + this.ms, cursor, viewer: { name: 'M', unit: 'mg/dL' }, people: [] };
  }
}

test('everything after the cursor, from the document on', async () => {
  const world = new World();
  world.live.start(world.now('c7'), null);
  await world.settle();
  assert.equal(world.last.headers['Last-Event-ID'], 'c7');
  await world.tell('entry', { person: 'p_a', kind: 'taken' }, 'c8');
  await world.tell('ended', { person: 'p_b' });
  world.live.connectNow();
  await world.settle();
  assert.equal(world.last.headers['Last-Event-ID'], 'c8');
  assert.deepEqual(world.heard, ['entry p_a', 'ended p_b']);
});

test('everything anew is asked for without a cursor, and not in a rush', async () => {
  const world = new World();
  world.live.start(world.now('c7'), null);
  await world.settle();
  world.unknown = 'p_new';
  await world.tell('entry', { person: 'p_new', kind: 'taken' }, 'c8');
  assert.equal(world.asked.length, 2);
  assert.equal(world.last.headers['Last-Event-ID'], undefined);
  await world.tell('now', world.now('c9'));
  await world.tell('entry', { person: 'p_new', kind: 'taken' }, 'c10');
  assert.equal(world.asked.length, 2);
  await world.pass(10_000);
  assert.equal(world.asked.length, 3);
  assert.equal(world.last.headers['Last-Event-ID'], undefined);
});

test('a stream without a beat for over thirty seconds is not waited for', async () => {
  const world = new World();
  await world.begin();
  await world.pass(30_000);
  assert.equal(world.asked.length, 1);
  await world.pass(1_000);
  assert.equal(world.asked.length, 2);
  assert.equal(world.asked[0]?.aborted(), true);
});

test('beats keep it alive, and an old beat out of a buffer does not', async () => {
  const world = new World();
  await world.begin();
  await world.pass(15_000);
  await world.tell('beat', { time: SERVER + 15_000 });
  assert.equal(world.connections.at(-1)?.heardAt, SERVER + 15_000);
  world.ms += 20_000;
  await world.tell('beat', { time: SERVER + 20_000 });
  assert.equal(world.connections.at(-1)?.heardAt, SERVER + 20_000);
  assert.equal(world.asked.length, 2);
});

test('a store that refuses is heard in the state and in the beat, and so is its end', async () => {
  const world = new World();
  world.live.start(null, null);
  await world.settle();
  await world.tell('now', { ...world.now('c1'), store_fault: true });
  assert.equal(world.connections.at(-1)?.storeFault, true);
  await world.tell('beat', { time: SERVER });
  assert.equal(world.connections.at(-1)?.storeFault, false);
  await world.tell('beat', { time: SERVER, store_fault: true });
  assert.equal(world.connections.at(-1)?.storeFault, true);
});

test('pauses grow to thirty seconds and end at once on wake', async () => {
  const world = new World();
  world.status = 503;
  await world.begin();
  const waits: number[] = [];
  for (let round = 0; round < 7; round += 1) {
    const due = Math.min(...world.timers.map((each) => each.at));
    waits.push(due - world.ms);
    await world.pass(due - world.ms);
  }
  assert.deepEqual(waits, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  assert.equal(world.connections.at(-1)?.trouble, 'server_fault');
  const before = world.asked.length;
  world.live.connectNow();
  await world.settle();
  assert.equal(world.asked.length, before + 1);
});

test('an answer that never begins is given up after fifteen seconds', async () => {
  const world = new World();
  world.live.start(null, null);
  await world.settle();
  await world.pass(15_000);
  assert.equal(world.last.aborted(), true);
  world.isOnline = false;
  await world.pass(1_000);
  await world.pass(15_000);
  assert.equal(world.connections.at(-1)?.trouble, 'offline');
});

for (const [status, code] of [[401, 'no_credentials'], [401, 'unknown_credentials'], [403, 'nobody_to_follow']] as const) {
  test(`not let in is the end, said once: ${code}`, async () => {
    const world = new World();
    world.status = status;
    world.problem = { kind: 'application/problem+json', code };
    world.live.start(null, null);
    await world.settle();
    await world.pass(60_000);
    assert.deepEqual(world.heard, ['signed out']);
    assert.equal(world.asked.length, 1);
  });
}

for (const problem of [null, { kind: 'text/html', code: 'no_credentials' }, { kind: 'application/problem+json', code: 'cross_site' }]) {
  test(`a no that is not ours ends nothing: ${JSON.stringify(problem)}`, async () => {
    const world = new World();
    world.status = 403;
    world.problem = problem;
    world.live.start(null, null);
    await world.settle();
    assert.equal(world.connections.at(-1)?.trouble, 'unreachable');
    await world.pass(60_000);
    assert.deepEqual(world.heard, []);
    assert.equal(world.asked.length, 2);
  });
}

test('events come out of any cutting of the text', () => {
  const text = ': hi\nretry: 3000\n\nevent: entry\r\nid: c9\r\ndata: {"a":\r\ndata: 1}\r\n\r\ndata: x\n\n';
  for (let cut = 1; cut < text.length; cut += 1) {
    const events = new SentEvents();
    const found = [...events.push(text.slice(0, cut)), ...events.push(text.slice(cut))];
    assert.deepEqual(found, [{ event: 'entry', data: '{"a":\n1}', id: 'c9' }, { event: 'message', data: 'x', id: null }]);
  }
});
