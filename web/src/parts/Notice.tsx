// The line at the top when this device itself cannot be trusted: offline, saved, or still looking.
import { chainOf } from '../model/chain';
import { phrase } from '../model/phrase';
import { timeText } from '../model/moments';
import { useApp } from './context';
import { LinkShape } from './shapes';

export function Notice() {
  const app = useApp();
  const viewing = app.viewing();
  const savedAt = app.savedAt.value;
  const first = app.glances.people.value[0];
  const broken = first ? chainOf(first, viewing.connection, viewing.now, viewing.place).broken : null;
  const own = broken && (broken.place === 'device' || broken.place === 'keepwatch') ? broken : null;
  if (own) {
    return (
      <p class="notice"><LinkShape state="broken" /><span>{app.words.say(own.sentence)}</span></p>
    );
  }
  if (savedAt === null) return null;
  const time = timeText(savedAt, viewing.place);
  return <p class="notice"><LinkShape state="late" /><span>{app.words.say(phrase('saved-banner', { time }))}</span></p>;
}
