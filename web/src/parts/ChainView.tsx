// The four links, folded to one line when all is well. Draws what it is given.
import { useEffect, useState } from 'preact/hooks';
import { chainSummary, type Chain, type Link } from '../model/chain';
import { sayAll, useApp, useSay } from './context';
import { LinkShape } from './shapes';

export function ChainView({ chain }: { chain: Chain }) {
  const { words } = useApp();
  const say = useSay();
  const calm = chain.links.every((each) => each.state === 'working');
  const [open, setOpen] = useState(!calm);
  // It unfolds by itself when something changes, and never folds under somebody who reads.
  useEffect(() => {
    if (!calm) setOpen(true);
  }, [calm]);
  const worst = chain.broken?.state ?? (calm ? 'working' : chain.links.some((each) => each.state === 'late') ? 'late' : 'unknown');
  return (
    <section class="panel" aria-labelledby="chain-title">
      <h2 id="chain-title">{say('chain-title')}</h2>
      <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary class={`link-${worst}`}>
          <LinkShape state={worst} />
          <span>{words.say(chainSummary(chain))}</span>
        </summary>
        <ol class="chain">
          {chain.links.map((link) => <LinkRow key={link.place} link={link} />)}
        </ol>
      </details>
    </section>
  );
}

function LinkRow({ link }: { link: Link }) {
  const { words } = useApp();
  const say = useSay();
  return (
    <li class={`link link-${link.state}`}>
      <LinkShape state={link.state} />
      <div>
        <p class="link-name">
          <b>{sayAll(words.say, link.name)}</b> <span class="link-state">{say('link-state', { state: link.state })}</span>
        </p>
        <p class="quiet">{words.say(link.sentence)}</p>
      </div>
    </li>
  );
}
