// Mounts the app, feeds it the page's own events, registers the worker. Decides nothing.
import { render } from 'preact';
import { useSignalEffect } from '@preact/signals';
import { AppContext } from './parts/context';
import { listenForInstall } from './parts/InstallHint';
import { Shell } from './screens/Shell';
import { App } from './state/app';
import { Router } from './state/route';
import { wordsFor } from './words/languages';
import type { Now } from './wire/schema';

export * from './shared';

const TICK_MS = 1_000;

function firstNow(): Now | null {
  const text = document.getElementById('now')?.textContent;
  if (!text) return null;
  try {
    return JSON.parse(text) as Now;
  } catch {
    return null;
  }
}

function after(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
}

function listen(app: App): void {
  const woken = () => app.woken();
  window.addEventListener('online', woken);
  window.addEventListener('offline', () => app.cutOff());
  window.addEventListener('pageshow', (event) => {
    if (event.persisted) woken();
  });
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') woken();
  });
  for (const kind of ['pointerdown', 'pointermove'] as const) {
    document.addEventListener(kind, (event) => app.touched(event.buttons > 0), { passive: true });
  }
  for (const kind of ['pointerup', 'pointercancel'] as const) document.addEventListener(kind, () => app.touched(false), { passive: true });
  setInterval(() => app.beat(), TICK_MS);
}

function Root({ app, router }: { app: App; router: Router }) {
  useSignalEffect(() => {
    document.documentElement.dataset['palette'] = app.palette.value;
    const ground = getComputedStyle(document.documentElement).getPropertyValue('--bg').trim();
    document.querySelector('meta[name="theme-color"]')?.setAttribute('content', ground);
  });
  return (
    <AppContext.Provider value={app}>
      <Shell route={router.route.value} />
    </AppContext.Provider>
  );
}

async function main(): Promise<void> {
  const app = new App(window, await wordsFor(navigator.languages), after);
  const router = new Router(window);
  document.documentElement.lang = app.words.language;
  listenForInstall(window);
  const started = app.start(firstNow());
  const root = document.getElementById('app');
  if (root) render(<Root app={app} router={router} />, root);
  await started;
  listen(app);
  if ('serviceWorker' in navigator) await navigator.serviceWorker.register('/sw.js').catch(() => undefined);
}

void main();
