// How to put the app on the home screen, for this browser. Quiet, can be put away, and stays under More.
import { signal } from '@preact/signals';
import { useApp, useSay } from './context';

/** What Chromium hands over so that we may ask at a better moment. */
interface InstallOffer extends Event {
  prompt(): Promise<unknown>;
}

const offer = signal<InstallOffer | null>(null);

export function listenForInstall(page: Window): void {
  page.addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault();
    offer.value = event as InstallOffer;
  });
  page.addEventListener('appinstalled', () => {
    offer.value = null;
  });
}

export function isInstalled(): boolean {
  return matchMedia('(display-mode: standalone)').matches || (navigator as { standalone?: boolean }).standalone === true;
}

function isApplePhone(): boolean {
  return /iPhone|iPad|iPod/.test(navigator.userAgent) || (navigator.userAgent.includes('Macintosh') && navigator.maxTouchPoints > 1);
}

export function InstallSteps() {
  const say = useSay();
  const ready = offer.value;
  if (isInstalled()) return <p>{say('install-done')}</p>;
  if (ready) {
    return <button type="button" class="button button-main" onClick={() => void ready.prompt()}>{say('install-button')}</button>;
  }
  return <p>{say(isApplePhone() ? 'install-ios' : 'install-other')}</p>;
}

export function InstallHint() {
  const { settings } = useApp();
  const say = useSay();
  if (isInstalled() || settings.choices.value.installHidden) return null;
  return (
    <section class="hint" aria-labelledby="install-hint">
      <p id="install-hint">{say('install-hint')}</p>
      <InstallSteps />
      <button type="button" class="button" onClick={() => settings.choose({ installHidden: true })}>{say('install-later')}</button>
    </section>
  );
}
