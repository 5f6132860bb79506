// The line at the top when this device itself cannot be trusted: offline, saved, or still looking.
import { useComputed } from '@preact/signals';
import { phrase } from '../model/phrase';
import { timeText } from '../model/moments';
import { useApp } from './context';
import { LinkShape } from './shapes';

export function Notice() {
  const app = useApp();
  const cause = useComputed(() => {
    const first = app.glances.people.value[0];
    const broken = first ? app.seen(first).chain.broken : null;
    return broken && (broken.place === 'device' || broken.place === 'keepwatch') ? app.words.say(broken.sentence) : null;
  }).value;
  if (cause !== null) return <p class="notice"><LinkShape state="broken" /><span>{cause}</span></p>;
  const savedAt = app.savedAt.value;
  if (savedAt === null) return null;
  const time = timeText(savedAt, app.place);
  return <p class="notice"><LinkShape state="late" /><span>{app.words.say(phrase('saved-banner', { time }))}</span></p>;
}
