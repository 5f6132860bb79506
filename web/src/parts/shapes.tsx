// The shapes that say a state without colour. Every one stands beside its word and is hidden from screen readers.
import type { LinkState } from '../model/chain';
import type { Level } from '../model/glucose';

const LINK_PATHS: Readonly<Record<LinkState, string>> = {
  working: 'M5 12.5l4.5 4.5L19 7.5',
  late: 'M12 6.5V12l4 2.5',
  broken: 'M7.5 7.5l9 9m0-9l-9 9',
  waiting: 'M6.5 12h.01M12 12h.01M17.5 12h.01',
  unknown: 'M9.2 9.3a2.9 2.9 0 1 1 4.2 2.6c-1 .5-1.4 1-1.4 2.1M12 17.3h.01',
};

export function LinkShape({ state }: { state: LinkState }) {
  return (
    <svg class="shape" viewBox="0 0 24 24" aria-hidden="true">
      {state === 'broken' ? <path class="shape-edge" d="M8 2.5h8l5.5 5.5v8L16 21.5H8L2.5 16V8z" /> : <circle class="shape-edge" cx="12" cy="12" r="10" />}
      <path class="shape-line" d={LINK_PATHS[state]} />
    </svg>
  );
}

/** A triangle that points where the glucose is: down for low, up for high. */
export function LevelShape({ level }: { level: Level | null }) {
  if (level === null || level === 'in_range') return null;
  const down = level === 'low' || level === 'urgent_low';
  return (
    <svg class="shape shape-level" viewBox="0 0 24 24" aria-hidden="true">
      <path d={down ? 'M3 6h18L12 20z' : 'M3 19h18L12 5z'} />
    </svg>
  );
}

export function WarningShape() {
  return (
    <svg class="shape" viewBox="0 0 24 24" aria-hidden="true">
      <path class="shape-edge" d="M12 3l10 18H2z" />
      <path class="shape-line" d="M12 10v5M12 18h.01" />
    </svg>
  );
}

const TURNS: Readonly<Record<string, { degrees: number; twice: boolean }>> = {
  double_up: { degrees: -90, twice: true },
  single_up: { degrees: -90, twice: false },
  forty_five_up: { degrees: -45, twice: false },
  flat: { degrees: 0, twice: false },
  forty_five_down: { degrees: 45, twice: false },
  single_down: { degrees: 90, twice: false },
  double_down: { degrees: 90, twice: true },
};

export function TrendArrow({ trend }: { trend: string | null }) {
  const turn = trend === null ? undefined : TURNS[trend];
  if (!turn) return null;
  const arrow = 'M4 12h15M13 6l6 6-6 6';
  return (
    <svg class={turn.twice ? 'arrow arrow-twice' : 'arrow'} viewBox={turn.twice ? '0 0 40 24' : '0 0 24 24'} aria-hidden="true">
      <path d={arrow} transform={`rotate(${turn.degrees} 12 12)`} />
      {turn.twice && <path d={arrow} transform={`translate(16 0) rotate(${turn.degrees} 12 12)`} />}
    </svg>
  );
}

const PLACE_PATHS: Readonly<Record<string, string>> = {
  people: 'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c.4-3.7 3-6 6.5-6s6.1 2.3 6.5 6M16 4.5a3.3 3.3 0 0 1 0 6.2M18 14.3c2 .8 3.2 2.8 3.5 5.7',
  more: 'M4 7h16M4 12h16M4 17h16',
};

export function PlaceShape({ place }: { place: 'people' | 'more' }) {
  return (
    <svg class="shape" viewBox="0 0 24 24" aria-hidden="true">
      <path class="shape-line" d={PLACE_PATHS[place]} />
    </svg>
  );
}
