// One reading with its age, large or on a card. Draws a view; an old reading never looks like a new one (P2).
import type { ReadingView } from '../model/view';
import type { Unit } from '../model/glucose';
import { useSay } from './context';
import { LevelShape, TrendArrow, WarningShape } from './shapes';

export function levelClass(view: ReadingView): string {
  const old = view.freshness === 'stale' || view.freshness === 'unknown';
  return `is-${view.freshness} ${old || view.level === null ? 'no-level' : `at-${view.level}`}`;
}

export function Figure({ view, unit }: { view: ReadingView; unit: Unit }) {
  const say = useSay();
  const stale = view.freshness === 'stale';
  const shown = view.value ?? '–';
  return (
    <div class="figure">
      <span class={view.isWord ? 'value value-word' : 'value'}>{stale ? <s>{shown}</s> : shown}</span>
      {view.value !== null && (
        <span class="beside">
          {stale ? <span class="chip chip-old">{say('old-mark')}</span> : <TrendArrow trend={view.trend} />}
          <span class="unit">{say('unit-short', { unit })}</span>
        </span>
      )}
    </div>
  );
}

function Age({ view }: { view: ReadingView }) {
  if (view.age === '') return null;
  return <span class={view.freshness === 'late' ? 'age age-late' : 'age'}>{view.age}</span>;
}

/** The words under the number. On a card only the first line and the one cause are said. */
export function ReadingWords({ view, brief, cause }: { view: ReadingView; brief: boolean; cause: string | null }) {
  const say = useSay();
  const old = view.freshness === 'stale' || view.freshness === 'unknown';
  return (
    <div class="words">
      <p class="headline">
        {!old && <LevelShape level={view.level} />}
        <span>{view.headline}</span>
        {!old && <span class="dot" />}
        {!old && <Age view={view} />}
      </p>
      {view.missing && <p>{view.missing}</p>}
      {view.was && !brief && <p class="quiet">{view.was}</p>}
      {view.delta && !brief && <p class="quiet">{view.delta}</p>}
      {view.suspect && <p class="with-shape"><WarningShape /><span>{say('clock-suspect')}</span></p>}
      {view.saved && <p class="with-shape"><WarningShape /><span>{view.saved}</span></p>}
      {cause && <p class="cause">{cause}</p>}
    </div>
  );
}
