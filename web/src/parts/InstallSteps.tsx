// How to put the app on the home screen, for this browser. Drawn under More.
import { useSay } from './context';
import { installOffer, isInstalled } from './InstallHint';

function isApplePhone(): boolean {
  return /iPhone|iPad|iPod/.test(navigator.userAgent) || (navigator.userAgent.includes('Macintosh') && navigator.maxTouchPoints > 1);
}

export function InstallSteps() {
  const say = useSay();
  const ready = installOffer.value;
  if (isInstalled()) return <p>{say('install-done')}</p>;
  if (ready) {
    return <button type="button" class="button button-main" onClick={() => void ready.prompt()}>{say('install-button')}</button>;
  }
  return <p>{say(isApplePhone() ? 'install-ios' : 'install-other')}</p>;
}
