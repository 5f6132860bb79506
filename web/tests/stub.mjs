// A server that says whatever a scene says, at a time that a test sets. Serves web/dist the way the real one does;
// keeps nothing and checks nobody. `node tests/stub.mjs PORT SCENE` shows a scene in a browser.
import { createServer } from 'node:http';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { NOW, SCENES } from './scenes.mjs';

export const DIST = join(dirname(dirname(fileURLToPath(import.meta.url))), 'dist');
const KINDS = {
  '.js': 'text/javascript; charset=utf-8', '.json': 'application/json', '.html': 'text/html; charset=utf-8', '.svg': 'image/svg+xml',
  '.png': 'image/png', '.webmanifest': 'application/manifest+json',
};
const BEAT_MS = 1_000;

export class Stub {
  scene = SCENES.fresh();
  /** What the server's clock shows. It runs on from here. */
  time = NOW;
  embed = true;
  signedIn = true;
  failing = null;
  requests = [];
  streams = new Set();

  async listen(port = 0) {
    this.startedAt = performance.now();
    this.server = createServer((request, response) => this.answer(request, response));
    await new Promise((ready) => this.server.listen(port, '127.0.0.1', ready));
    this.url = `http://127.0.0.1:${this.server.address().port}`;
    this.beats = setInterval(() => this.tell('beat', { time: this.clock() }), BEAT_MS);
    return this;
  }

  show(name) {
    this.scene = SCENES[name]();
    this.time = NOW;
    this.startedAt = performance.now();
  }

  clock() {
    return Math.round(this.time + performance.now() - this.startedAt);
  }

  now() {
    return { ...this.scene, time: this.clock() };
  }

  tell(event, content, id) {
    for (const stream of this.streams) stream.write(`event: ${event}\n${id ? `id: ${id}\n` : ''}data: ${JSON.stringify(content)}\n\n`);
  }

  /** Cuts every stream, as a network does. */
  cut() {
    for (const stream of this.streams) stream.destroy();
    this.streams.clear();
  }

  close() {
    clearInterval(this.beats);
    this.cut();
    this.server.closeAllConnections();
    return new Promise((done) => this.server.close(done));
  }

  answer(request, response) {
    const url = new URL(request.url, this.url);
    this.requests.push(`${request.method} ${url.pathname}`);
    if (this.failing === 'down') return request.socket.destroy();
    if (this.failing === 'foreign') return send(response, url.pathname.startsWith('/api/') ? 403 : 200, KINDS['.html'], '<h1>Welcome to the hotel</h1>');
    if (url.pathname.startsWith('/api/')) return this.api(request, url, response);
    if (url.pathname === '/' || url.pathname.startsWith('/app')) return this.document(request, response);
    return this.file(url.pathname, response);
  }

  api(request, url, response) {
    if (this.failing === 'fault') return send(response, 503, 'application/problem+json', '{}');
    if (url.pathname === '/api/device' && request.method === 'DELETE') return send(response, 204, 'text/plain', '');
    if (!this.signedIn) return send(response, 401, 'application/problem+json', '{"code":"unknown_credentials"}');
    if (url.pathname === '/api/live') return this.live(response);
    if (url.pathname === '/api/people') return send(response, 200, 'application/json', JSON.stringify(this.now()));
    const found = /^\/api\/people\/([^/]+)\/readings$/.exec(url.pathname);
    if (!found) return send(response, 404, 'application/problem+json', '{}');
    const [from, to] = ['from', 'to'].map((name) => Number(url.searchParams.get(name)));
    const readings = [];
    for (let at = Math.ceil(from / 300_000) * 300_000; at < to; at += 300_000) readings.push({ at, mg_dl: 110 + Math.round(30 * Math.sin(at / 4e6)) });
    return send(response, 200, 'application/json', JSON.stringify({ time: this.clock(), person: found[1], readings, meter_checks: [] }));
  }

  live(response) {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    response.write(`retry: 3000\n\nevent: now\nid: c1\ndata: ${JSON.stringify(this.now())}\n\n`);
    this.streams.add(response);
    response.on('close', () => this.streams.delete(response));
  }

  document(request, response) {
    if (!this.signedIn) return send(response, 200, KINDS['.html'], '<!doctype html><title>Keepwatch</title><h1>Not connected</h1>', { 'Keepwatch-Device': 'unknown' });
    const template = readFileSync(join(DIST, 'index.html'), 'utf8');
    const text = JSON.stringify(this.now()).replaceAll('<', '\\u003c');
    const first = this.embed && this.signedIn ? `<script type="application/json" id="now">${text}</script>` : '';
    const body = template.replace('<!--keepwatch:now-->', () => first);
    const zipped = (request.headers['accept-encoding'] ?? '').includes('gzip');
    const headers = { 'Cache-Control': 'no-store', ...(zipped ? { 'Content-Encoding': 'gzip' } : {}) };
    send(response, 200, KINDS['.html'], zipped ? gzipSync(body) : body, headers);
  }

  file(path, response) {
    const place = normalize(join(DIST, path));
    if (!place.startsWith(DIST) || !existsSync(place) || extname(place) === '') return send(response, 404, 'text/plain', 'not here');
    const cache = path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
    return send(response, 200, KINDS[extname(place)] ?? 'application/octet-stream', readFileSync(place), { 'Cache-Control': cache });
  }
}

function send(response, status, kind, body, more = {}) {
  const { style } = JSON.parse(readFileSync(join(DIST, 'csp.json'), 'utf8'));
  const policy = `default-src 'self'; style-src 'self' ${style.map((each) => `'${each}'`).join(' ')}; base-uri 'none'; frame-ancestors 'none'; object-src 'none'; form-action 'self'`;
  response.writeHead(status, { 'Content-Type': kind, 'Content-Security-Policy': policy, 'Referrer-Policy': 'no-referrer', 'X-Content-Type-Options': 'nosniff', ...more });
  response.end(body);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const stub = await new Stub().listen(Number(process.argv[2] ?? 5180));
  stub.show(process.argv[3] ?? 'several');
  console.log(stub.url);
}
