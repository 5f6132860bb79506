// The one h1 of a screen, which takes the focus when the screen changes, and the page's title with it.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { useSay } from './context';

let firstScreen = true;

export function Heading({ title, children }: { title: string; children?: ComponentChildren }) {
  const say = useSay();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // On the first screen the browser's own start is kept; a screen reader begins at the top.
    if (!firstScreen) heading.current?.focus();
    firstScreen = false;
  }, []);
  useEffect(() => {
    document.title = title === say('app-name') ? title : `${title} · ${say('app-name')}`;
  }, [title]);
  return (
    <div class="heading">
      <h1 ref={heading} tabIndex={-1}>{title}</h1>
      {children}
    </div>
  );
}

export function Demo() {
  const say = useSay();
  return <span class="chip" title={say('demo-note')}>{say('demo-mark')}</span>;
}
