// That the app can stand on the home screen. Quiet, can be put away; the steps for this browser stand under More.
import { signal } from '@preact/signals';
import { useApp, useSay } from './context';

/** What Chromium hands over so that we may ask at a better moment. */
interface InstallOffer extends Event {
  prompt(): Promise<unknown>;
}

export const installOffer = signal<InstallOffer | null>(null);

export function listenForInstall(page: Window): void {
  page.addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault();
    installOffer.value = event as InstallOffer;
  });
  page.addEventListener('appinstalled', () => {
    installOffer.value = null;
  });
}

export function isInstalled(): boolean {
  return matchMedia('(display-mode: standalone)').matches || (navigator as { standalone?: boolean }).standalone === true;
}

export function InstallHint() {
  const { settings } = useApp();
  const say = useSay();
  if (isInstalled() || settings.choices.value.installHidden) return null;
  return (
    <section class="hint" aria-labelledby="install-hint">
      <p id="install-hint">{say('install-hint')}</p>
      <a class="button" href="/app/more">{say('install-how')}</a>
      <button type="button" class="button" onClick={() => settings.choose({ installHidden: true })}>{say('install-later')}</button>
    </section>
  );
}
