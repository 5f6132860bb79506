// The chart with its controls: how long, how far back, and a readout by finger or key. State of the view only.
import { useEffect, useLayoutEffect, useMemo, useState } from 'preact/hooks';
import type { Glance, MeterCheck, Reading } from '../wire/schema';
import { freshnessOf } from '../model/freshness';
import { glucoseText, levelOf, type Unit } from '../model/glucose';
import { dayText, timeText, type Place } from '../model/moments';
import { phrase, type Phrase } from '../model/phrase';
import { atOf, ceilingFor, clampSpan, gapsIn, nearest, RANGES_HOURS, summaryOf, within, zoomed, type Frame, type Span } from '../model/plot';
import { valuePhrase } from '../model/view';
import type { Stretch } from '../state/history';
import { ChartPicture } from './ChartPicture';
import type { TableProps } from './ChartTable';
import { useApp, useSay } from './context';
import { Gestures } from './gestures';
import { Later } from './Later';
import { useWidth } from './Spark';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const STEP_MS = 5 * MINUTE;
const FIRST_HOURS = 3;
const DAY = 24 * HOUR;

interface ChartProps {
  glance: Glance;
  stretch: Stretch;
  unit: Unit;
  /** The minute that has begun; the chart does not move between two. */
  now: number;
  place: Place;
  reach(from: number): void;
}

/** `to` is null while the chart follows the present. */
interface View {
  lengthMs: number;
  to: number | null;
}

function spanOf(view: View, now: number): Span {
  const to = view.to ?? now;
  return clampSpan({ from: to - view.lengthMs, to }, now);
}

/** A span that ends at the present follows it. */
function viewOf(span: Span, now: number): View {
  return { lengthMs: span.to - span.from, to: span.to >= now - 1 ? null : span.to };
}

export function Chart(props: ChartProps) {
  const { glance, stretch, unit, place, now } = props;
  const { words } = useApp();
  const say = useSay();
  const [view, setView] = useState<View>({ lengthMs: FIRST_HOURS * HOUR, to: null });
  const [readAt, setReadAt] = useState<number | null>(null);
  const readings = useMemo(() => [...stretch.readings, ...(glance.readings ?? [])], [stretch.readings, glance.readings]);
  const checks = useMemo(() => [...stretch.checks, ...(glance.meter_checks ?? [])], [stretch.checks, glance.meter_checks]);
  const span = spanOf(view, now);
  useEffect(() => props.reach(span.from), [Math.floor(span.from / HOUR)]);
  const gaps = gapsIn(readings, span, glance.interval_ms, now);
  const show = (next: Span) => setView(viewOf(clampSpan(next, now), now));
  const shift = (share: number) => show({ from: span.from + share * view.lengthMs, to: span.to + share * view.lengthMs });
  const read = readAt === null ? null : nearest(readings, readAt, Math.max(STEP_MS, glance.interval_ms) / 2 + MINUTE);
  const readNow = (at: number) => {
    const inside = Math.min(now, Math.max(readings[0]?.at ?? now, at));
    setReadAt(inside);
    if (inside < span.from) show({ from: inside, to: inside + view.lengthMs });
    if (inside > span.to) show({ from: inside - view.lengthMs, to: inside });
  };
  return (
    <section class="panel chart" aria-labelledby="chart-title">
      <h2 id="chart-title">{say('chart-title')} <span class="quiet">{spanWords(span, now, place)}</span></h2>
      <Canvas {...{ glance, readings, checks, gaps, span, unit, place, now, read, readAt, show, readNow, setReadAt }} setView={setView} />
      <p class="readout" aria-live="polite">{readout(read, readAt, unit, place, words.say)}</p>
      <div class="controls">
        <div class="choices" role="group" aria-label={say('chart-ranges')}>
          {RANGES_HOURS.map((hours) => (
            <button key={hours} type="button" aria-pressed={view.lengthMs === hours * HOUR} onClick={() => setView({ ...view, lengthMs: hours * HOUR })}>{say('chart-range', { hours })}</button>
          ))}
        </div>
        <div class="choices">
          <button type="button" onClick={() => shift(-0.5)}>{say('chart-earlier')}</button>
          <button type="button" disabled={view.to === null} onClick={() => shift(0.5)}>{say('chart-later')}</button>
        </div>
      </div>
      {stretch.loading && <p class="quiet" role="status">{say('chart-loading')}</p>}
      {stretch.failed && <p class="quiet" role="status">{say('chart-not-loaded')}</p>}
      <Table readings={readings} gaps={gaps} span={span} unit={unit} place={place} />
    </section>
  );
}

/** Built only when somebody opens it. */
function Table(props: TableProps) {
  const say = useSay();
  const [open, setOpen] = useState(false);
  return (
    <details class="table" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{say('chart-table')}</summary>
      {open && <Later draw={({ ChartTable }) => <ChartTable {...props} />} />}
    </details>
  );
}

function spanWords(span: Span, now: number, place: Place): string {
  const times = `${timeText(span.from, place)}–${timeText(span.to, place)}`;
  return now - span.to > DAY / 2 ? `${dayText(span.from, now, place)} ${times}` : times;
}

function readout(read: Reading | null, at: number | null, unit: Unit, place: Place, say: (phrase: Phrase) => string): string {
  if (at === null) return say(phrase('chart-readout-hint'));
  if (!read) return say(phrase('chart-readout-none', { time: timeText(at, place) }));
  const number = valuePhrase(read, unit, place.locale) ?? '';
  const value = read.range == null ? phrase('spoken-value', { value: number, unit: phrase('unit-short', { unit }) }) : number;
  return say(phrase('chart-readout', { time: timeText(read.at, place), value, level: phrase('level', { level: levelOf(read, unit) ?? 'in_range' }) }));
}

interface CanvasProps {
  glance: Glance;
  readings: readonly Reading[];
  checks: readonly MeterCheck[];
  gaps: readonly Span[];
  span: Span;
  unit: Unit;
  place: Place;
  now: number;
  read: Reading | null;
  readAt: number | null;
  show(span: Span): void;
  readNow(at: number): void;
  setReadAt(at: number | null): void;
  setView(view: View): void;
}

function Canvas(props: CanvasProps) {
  const { glance, readings, span, unit, place } = props;
  const say = useSay();
  const [box, width] = useWidth<HTMLDivElement>();
  const [sizes, setSizes] = useState({ height: 240, labelPx: 12 });
  useLayoutEffect(() => {
    const root = parseFloat(getComputedStyle(document.documentElement).fontSize);
    setSizes({ height: box.current?.clientHeight ?? 240, labelPx: Math.max(12, root * 0.75) });
  }, [width]);
  const frame = frameFor(width, sizes.height, sizes.labelPx, span, within(readings, span), unit);
  const summary = chartName(props, say);
  // An old reading is a dot like the others: nothing about it is current.
  const newest = freshnessOf(glance.latest, glance, props.now) === 'stale' ? null : (glance.latest ?? null);
  const latest = useMemo(() => ({ frame, props }), []);
  latest.frame = frame;
  latest.props = props;
  const gestures = useMemo(() => new Gestures({
    pan: (px) => {
      const ms = atOf(0, latest.frame) - atOf(px, latest.frame);
      latest.props.show({ from: latest.props.span.from + ms, to: latest.props.span.to + ms });
    },
    zoom: (factor, px) => latest.props.show(zoomed(latest.props.span, factor, atOf(px, latest.frame), latest.props.now)),
    tap: (px) => latest.props.readNow(atOf(px, latest.frame)),
    reset: () => {
      latest.props.setView({ lengthMs: FIRST_HOURS * HOUR, to: null });
      latest.props.setReadAt(null);
    },
  }), []);
  return (
    <div class="canvas" ref={box} tabIndex={0} role="group" aria-label={say('chart-keys', { name: glance.person.name })}
      onKeyDown={(event) => readByKey(event, props)} {...pointers(gestures, box)}>
      {width > 0 && (
        <ChartPicture frame={frame} readings={readings} checks={props.checks} gaps={props.gaps} unit={unit} place={place}
          labelPx={sizes.labelPx} newest={newest} read={props.read} name={summary}
          gapTitle={(gap) => say('chart-gap', { from: timeText(gap.from, place), to: timeText(gap.to, place) })}
          checkTitle={(check) => say('chart-check', { value: glucoseText(check.mg_dl, unit, place.locale), by: check.by, time: timeText(check.at, place) })} />
      )}
    </div>
  );
}

function frameFor(width: number, height: number, labelPx: number, span: Span, shown: readonly Reading[], unit: Unit): Frame {
  const left = Math.ceil(labelPx * (unit === 'mg' ? 1.8 : 2.2)) + 8;
  return { width, height, left, right: 12, top: 8, bottom: Math.ceil(labelPx * 1.3) + 6, ceiling: ceilingFor(shown), span };
}

function chartName({ readings, span, gaps, unit, place }: CanvasProps, say: ReturnType<typeof useSay>): string {
  const { count, lowest, highest, inRangeShare } = summaryOf(within(readings, span), unit);
  const ends = { from: timeText(span.from, place), to: timeText(span.to, place) };
  if (!lowest || !highest) return say('chart-name-empty', ends);
  const shown = (reading: Reading) => valuePhrase(reading, unit, place.locale) ?? '';
  return say('chart-name', {
    ...ends, count, gaps: gaps.length, share: inRangeShare, unit: phrase('unit-spoken', { unit }), lowest: shown(lowest), highest: shown(highest),
  });
}

function readByKey(event: KeyboardEvent, { readAt, now, span, readings, readNow, setReadAt }: CanvasProps): void {
  const from = readAt ?? Math.min(span.to, readings.at(-1)?.at ?? now);
  const to: Record<string, number | null> = {
    ArrowLeft: readAt === null ? from : from - STEP_MS,
    ArrowRight: from + STEP_MS,
    Home: within(readings, span)[0]?.at ?? span.from,
    End: within(readings, span).at(-1)?.at ?? span.to,
    Escape: null,
  };
  const next = to[event.key];
  if (next === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  if (next === null) setReadAt(null);
  else readNow(next);
}

function pointers(gestures: Gestures, box: { current: HTMLDivElement | null }) {
  const x = (event: PointerEvent) => event.clientX - (box.current?.getBoundingClientRect().left ?? 0);
  return {
    onPointerDown: (event: PointerEvent) => {
      if (event.button === 0) gestures.down(event.pointerId, x(event));
    },
    onPointerMove: (event: PointerEvent) => {
      if (gestures.move(event.pointerId, x(event))) box.current?.setPointerCapture(event.pointerId);
    },
    onPointerUp: (event: PointerEvent) => gestures.up(event.pointerId, x(event), event.timeStamp),
    onPointerCancel: (event: PointerEvent) => gestures.cancel(event.pointerId),
  };
}
