// Stands where something of the later script will be drawn, and asks for it.
import type { ComponentChild } from 'preact';
import { useEffect } from 'preact/hooks';
import { later, loadLater } from '../state/later';
import { useApp, useSay } from './context';

export function Later({ draw }: { draw(script: typeof import('../later')): ComponentChild }) {
  const { words } = useApp();
  const say = useSay();
  const script = later.value;
  useEffect(() => void loadLater(words), []);
  if (typeof script === 'object') return <>{draw(script)}</>;
  return <p class="quiet" role="status">{say(script === 'failed' ? 'later-failed' : 'later-loading')}</p>;
}
