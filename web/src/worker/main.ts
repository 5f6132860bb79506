// The app's shell for a start without a network. Never keeps readings, the stream, invitations or anybody's answers.
declare const BUILD: string;
declare const SHELL: string;
declare const ASSETS: readonly string[];
declare const POLICY: string;

const worker = self as unknown as ServiceWorkerGlobalScope;
const CACHE = `keepwatch-shell-${BUILD}`;
const READINGS = 'keepwatch-readings';
/** Our server's word about a device that is not let in any more: what it had saved goes. No other page has it. */
const DEVICE = 'keepwatch-device';
/** Longer than this nobody waits for a number: the saved copy is shown, and the page keeps asking. */
const PATIENCE_MS = 3_000;

worker.addEventListener('install', (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll([SHELL, ...ASSETS])));
});

worker.addEventListener('activate', (event) => {
  event.waitUntil(
    caches.keys().then((names) => {
      const old = names.filter((name) => name.startsWith('keepwatch-shell-') && name !== CACHE);
      return Promise.all(old.map((name) => caches.delete(name)));
    }),
  );
});

worker.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== worker.location.origin) return;
  if (request.mode === 'navigate' && isAppPath(url.pathname)) event.respondWith(appDocument(event));
  else if (ASSETS.includes(url.pathname)) event.respondWith(asset(request));
});

function isAppPath(path: string): boolean {
  return path === '/' || path === '/app' || path.startsWith('/app/');
}

/** The server's document carries the first readings, so it comes first; the shell stands in when it does not come. */
async function appDocument(event: FetchEvent): Promise<Response> {
  try {
    const answer = await fetch(event.request, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (answer.headers.get(DEVICE) === 'unknown') event.waitUntil(caches.delete(READINGS));
    if (answer.status < 500) return answer;
  } catch {
    // No network, or not in time.
  }
  return shell();
}

async function shell(): Promise<Response> {
  const kept = await caches.match(SHELL);
  const headers = { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': POLICY, 'Referrer-Policy': 'no-referrer' };
  return kept ? new Response(kept.body, { headers }) : Response.error();
}

/** Hashed names never change their content, so the first copy is as good as any. */
async function asset(request: Request): Promise<Response> {
  return (await caches.match(request)) ?? fetch(request);
}
