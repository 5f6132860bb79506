// The chart as a drawing at its real size. Draws what it is given; never joins dots and never guesses between them.
import type { MeterCheck, Reading } from '../wire/schema';
import { EDGES_MG_DL, levelOf, numberText, type Unit } from '../model/glucose';
import { timeText, type Place } from '../model/moments';
import { byLevel, dotPath, heightMgDl, hourTicks, thresholdLines, tickStep, within, xOf, yOf, type Frame, type Span } from '../model/plot';

export interface Picture {
  frame: Frame;
  readings: readonly Reading[];
  checks: readonly MeterCheck[];
  gaps: readonly Span[];
  unit: Unit;
  place: Place;
  /** Height of a label in pixels, from the reader's own text size. */
  labelPx: number;
  newest: Reading | null;
  read: Reading | null;
  name: string;
  gapTitle(gap: Span): string;
  checkTitle(check: MeterCheck): string;
}

export function ChartPicture(picture: Picture) {
  const { frame, unit } = picture;
  const top = yOf(EDGES_MG_DL.high, frame);
  const bottom = yOf(EDGES_MG_DL.low, frame);
  const sorted = byLevel(within(picture.readings, frame.span), unit);
  const dot = dotWidth(frame);
  return (
    <svg class="chart-svg" width={frame.width} height={frame.height} role="img" aria-label={picture.name}>
      <defs>
        <pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <line class="hatch-line" x1="0" y1="0" x2="0" y2="7" />
        </pattern>
      </defs>
      <rect class="band" x={frame.left} y={top} width={frame.width - frame.left - frame.right} height={bottom - top} />
      <Gaps picture={picture} />
      <Lines picture={picture} />
      <Hours picture={picture} />
      <path class="dots dots-in" d={dotPath(sorted.in_range, frame)} stroke-width={dot} />
      <Rings kind="low" readings={sorted.low} frame={frame} dot={dot} />
      <Rings kind="high" readings={sorted.high} frame={frame} dot={dot} />
      <Newest picture={picture} dot={dot} />
      <Checks picture={picture} />
      <ReadMark picture={picture} />
    </svg>
  );
}

/** Dots shrink as they crowd, and never below what can be seen. */
function dotWidth(frame: Frame): number {
  const five = ((frame.width - frame.left - frame.right) * 300_000) / (frame.span.to - frame.span.from);
  return Math.min(7, Math.max(3.5, Math.round(five * 8) / 10));
}

/** Out of range is a ring as well as a colour: a wide dot with a hole. */
function Rings({ kind, readings, frame, dot }: { kind: 'low' | 'high'; readings: readonly Reading[]; frame: Frame; dot: number }) {
  if (readings.length === 0) return null;
  const path = dotPath(readings, frame);
  return (
    <>
      <path class={`dots dots-${kind}`} d={path} stroke-width={dot + 2.5} />
      <path class="dots dots-hole" d={path} stroke-width={Math.max(1.6, dot - 1.6)} />
    </>
  );
}

function Gaps({ picture }: { picture: Picture }) {
  const { frame } = picture;
  const height = frame.height - frame.top - frame.bottom;
  return (
    <>
      {picture.gaps.map((gap) => {
        const x = xOf(gap.from, frame);
        const width = Math.max(1, xOf(gap.to, frame) - x);
        return (
          <g key={gap.from}>
            <title>{picture.gapTitle(gap)}</title>
            <rect class="gap" x={x} y={frame.top} width={width} height={height} fill="url(#hatch)" />
          </g>
        );
      })}
    </>
  );
}

function Lines({ picture }: { picture: Picture }) {
  const { frame, unit, place, labelPx } = picture;
  const lines = thresholdLines(unit);
  // With large text the dotted lines keep their place and lose their number: 55 and 70 would run into each other.
  const roomy = Math.abs(yOf(lines[0]?.mgDl ?? 0, frame) - yOf(lines[1]?.mgDl ?? 0, frame)) > labelPx;
  return (
    <>
      {lines.map((line) => {
        const y = yOf(line.mgDl, frame);
        const label = numberText(line.shown, unit === 'mg' ? 0 : 1, place.locale);
        return (
          <g key={line.mgDl}>
            <line class={`edge edge-${line.kind}${line.dotted ? ' edge-dotted' : ''}`} x1={frame.left} x2={frame.width - frame.right} y1={y} y2={y} />
            {(!line.dotted || roomy || line.kind === 'high') && (
              <text class="label" x={frame.left - 5} y={y + labelPx * 0.35} text-anchor="end">{label}</text>
            )}
          </g>
        );
      })}
    </>
  );
}

function Hours({ picture }: { picture: Picture }) {
  const { frame, place, labelPx } = picture;
  const base = frame.height - frame.bottom;
  const wide = timeText(frame.span.from, place).length * labelPx * 0.58;
  const step = tickStep(frame.span.to - frame.span.from, frame.width - frame.left - frame.right, wide);
  const fits = (at: number) => xOf(at, frame) - wide / 2 > frame.left - 8 && xOf(at, frame) + wide / 2 < frame.width;
  return (
    <>
      <line class="axis" x1={frame.left} x2={frame.width - frame.right} y1={base} y2={base} />
      {hourTicks(frame.span, step, place.zone).map((at) => (
        <g key={at}>
          <line class="axis" x1={xOf(at, frame)} x2={xOf(at, frame)} y1={base} y2={base + 4} />
          {fits(at) && <text class="label" x={xOf(at, frame)} y={base + 5 + labelPx} text-anchor="middle">{timeText(at, place)}</text>}
        </g>
      ))}
    </>
  );
}

function spot(reading: Reading, frame: Frame): { cx: number; cy: number } {
  return { cx: xOf(reading.at, frame), cy: yOf(heightMgDl(reading, frame.ceiling), frame) };
}

function Newest({ picture, dot }: { picture: Picture; dot: number }) {
  const { newest, frame, unit } = picture;
  if (!newest || newest.at < frame.span.from || newest.at > frame.span.to) return null;
  const level = levelOf(newest, unit);
  const kind = level === 'in_range' || level === null ? 'in' : level === 'low' || level === 'urgent_low' ? 'low' : 'high';
  return <circle class={`newest newest-${kind}`} {...spot(newest, frame)} r={dot / 2 + 3} />;
}

/** A meter check is a diamond: a reading of its own kind. */
function Checks({ picture }: { picture: Picture }) {
  const { frame } = picture;
  const inside = picture.checks.filter((each) => each.at >= frame.span.from && each.at <= frame.span.to);
  return (
    <>
      {inside.map((check) => {
        const [x, y] = [xOf(check.at, frame), yOf(heightMgDl(check, frame.ceiling), frame)];
        return (
          <g key={`${check.at} ${check.by}`}>
            <title>{picture.checkTitle(check)}</title>
            <path class="check" d={`M${x} ${y - 7}l7 7l-7 7l-7 -7z`} />
          </g>
        );
      })}
    </>
  );
}

function ReadMark({ picture }: { picture: Picture }) {
  const { read, frame } = picture;
  if (!read || read.at < frame.span.from || read.at > frame.span.to) return null;
  const { cx, cy } = spot(read, frame);
  return (
    <g class="read-mark">
      <line x1={cx} x2={cx} y1={frame.top} y2={frame.height - frame.bottom} />
      <circle cx={cx} cy={cy} r="7" />
    </g>
  );
}
