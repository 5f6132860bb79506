// The geometry of the chart: where dots, gaps, lines and hours stand. Never smooths, never joins over a gap.
import type { Reading } from '../wire/schema';
import { EDGES_MG_DL, inUnit, levelOf, SENSOR_CEILING_MG_DL, SENSOR_FLOOR_MG_DL, type Unit } from './glucose';
import { offsetMinutes } from './moments';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

export const RANGES_HOURS = [3, 6, 12, 24] as const;
export const SHORTEST_MS = HOUR;
export const LONGEST_MS = 24 * HOUR;
/** How far back the chart goes; earlier days belong to a report. */
export const REACH_MS = 30 * 24 * HOUR;

export interface Span {
  from: number;
  to: number;
}

export interface Frame {
  width: number;
  height: number;
  left: number;
  right: number;
  top: number;
  bottom: number;
  ceiling: number;
  span: Span;
}

export const FLOOR_MG_DL = SENSOR_FLOOR_MG_DL;
const CEILING_MG_DL = 300;

/** 40–300, and up to 400 only where a reading needs it. */
export function ceilingFor(readings: readonly Reading[]): number {
  const over = (each: Reading) => each.range === 'above' || (each.mg_dl ?? 0) > CEILING_MG_DL;
  return readings.some(over) ? SENSOR_CEILING_MG_DL : CEILING_MG_DL;
}

export function within(readings: readonly Reading[], span: Span): Reading[] {
  return readings.filter((each) => each.at >= span.from && each.at <= span.to);
}

export function heightMgDl(reading: { mg_dl?: number | null; range?: string | null }, ceiling: number): number {
  if (reading.range === 'below') return FLOOR_MG_DL;
  if (reading.range === 'above') return ceiling;
  return Math.min(ceiling, Math.max(FLOOR_MG_DL, reading.mg_dl ?? FLOOR_MG_DL));
}

export function xOf(at: number, frame: Frame): number {
  const share = (at - frame.span.from) / (frame.span.to - frame.span.from);
  return tenth(frame.left + share * (frame.width - frame.left - frame.right));
}

export function yOf(mgDl: number, frame: Frame): number {
  const share = (mgDl - FLOOR_MG_DL) / (frame.ceiling - FLOOR_MG_DL);
  return tenth(frame.height - frame.bottom - share * (frame.height - frame.bottom - frame.top));
}

export function atOf(x: number, frame: Frame): number {
  const share = (x - frame.left) / (frame.width - frame.left - frame.right);
  return frame.span.from + share * (frame.span.to - frame.span.from);
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}

/** All dots as one path: segments of no length, which round caps make visible. */
export function dotPath(readings: readonly Reading[], frame: Frame): string {
  let path = '';
  for (const each of readings) path += `M${xOf(each.at, frame)} ${yOf(heightMgDl(each, frame.ceiling), frame)}h0`;
  return path;
}

export function byLevel(readings: readonly Reading[], unit: Unit): Record<'low' | 'in_range' | 'high', Reading[]> {
  const sorted: Record<'low' | 'in_range' | 'high', Reading[]> = { low: [], in_range: [], high: [] };
  for (const each of readings) {
    const level = levelOf(each, unit);
    if (level === null) continue;
    sorted[level === 'in_range' ? 'in_range' : level === 'low' || level === 'urgent_low' ? 'low' : 'high'].push(each);
  }
  return sorted;
}

/** Where readings are missing: over 10 min, or over two beats of a slower source. Up to now, never beyond. */
export function gapsIn(readings: readonly Reading[], span: Span, intervalMs: number, now: number): Span[] {
  const longest = Math.max(10 * MINUTE, 2 * intervalMs);
  const end = Math.min(span.to, now);
  const gaps: Span[] = [];
  let last = span.from;
  let lastIsReading = false;
  const close = (until: number) => {
    if (until - last > (lastIsReading ? longest : longest + intervalMs)) gaps.push({ from: Math.max(last, span.from), to: Math.min(until, end) });
  };
  for (const each of readings) {
    if (each.at > span.from && last < end) close(each.at);
    last = each.at;
    lastIsReading = true;
    if (each.at >= end) break;
  }
  if (last < end) close(end);
  return gaps.filter((gap) => gap.to > gap.from);
}

/** Round local hours inside the span, right on nights when the clock changes and in zones of half hours. */
export function hourTicks(span: Span, everyHours: number, zone: string | undefined): number[] {
  const ticks: number[] = [];
  const quarter = 15 * MINUTE;
  for (let at = Math.ceil(span.from / quarter) * quarter; at <= span.to; at += quarter) {
    if (localMinutes(at, zone) % (everyHours * 60) === 0) ticks.push(at);
  }
  return ticks;
}

function localMinutes(at: number, zone: string | undefined): number {
  // Offsets change on quarter hours only, so one look per tick is enough.
  return (((Math.floor(at / MINUTE) + offsetMinutes(at, zone)) % 1440) + 1440) % 1440;
}

/** Fewer labels where each takes more room. */
export function tickStep(spanMs: number, widthPx: number, labelPx: number): number {
  const most = Math.max(2, Math.floor(widthPx / (labelPx * 1.5)));
  return [1, 2, 3, 4, 6, 12].find((hours) => spanMs / HOUR / hours <= most) ?? 24;
}

export interface Summary {
  count: number;
  lowest: Reading | null;
  highest: Reading | null;
  inRangeShare: number;
}

export function summaryOf(readings: readonly Reading[], unit: Unit): Summary {
  let lowest: Reading | null = null;
  let highest: Reading | null = null;
  let inRange = 0;
  for (const each of readings) {
    if (levelOf(each, unit) === 'in_range') inRange += 1;
    if (!lowest || sortable(each) < sortable(lowest)) lowest = each;
    if (!highest || sortable(each) > sortable(highest)) highest = each;
  }
  const inRangeShare = readings.length === 0 ? 0 : Math.round((100 * inRange) / readings.length);
  return { count: readings.length, lowest, highest, inRangeShare };
}

export function sortable(reading: Reading): number {
  if (reading.range === 'below') return 0;
  return reading.range === 'above' ? 10_000 : (reading.mg_dl ?? 0);
}

export function nearest(readings: readonly Reading[], at: number, withinMs: number): Reading | null {
  let best: Reading | null = null;
  for (const each of readings) {
    const far = Math.abs(each.at - at);
    if (far <= withinMs && (!best || far < Math.abs(best.at - at))) best = each;
  }
  return best;
}

export function clampSpan(span: Span, now: number): Span {
  const length = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, span.to - span.from));
  const to = Math.min(now, Math.max(now - REACH_MS + length, span.to));
  return { from: to - length, to };
}

/** Zoomed about a moment that stays under the fingers. */
export function zoomed(span: Span, factor: number, about: number, now: number): Span {
  const length = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, (span.to - span.from) * factor));
  const share = (about - span.from) / (span.to - span.from);
  return clampSpan({ from: about - share * length, to: about + (1 - share) * length }, now);
}

export interface HourRow {
  from: number;
  count: number;
  lowest: Reading | null;
  highest: Reading | null;
}

/** One row for each local hour of the span, empty hours too: a gap is told, not left out. */
export function hourRows(readings: readonly Reading[], span: Span, unit: Unit): HourRow[] {
  const rows: HourRow[] = [];
  for (let from = Math.floor(span.from / HOUR) * HOUR; from < span.to; from += HOUR) {
    const { count, lowest, highest } = summaryOf(readings.filter((each) => each.at >= from && each.at < from + HOUR && each.at >= span.from), unit);
    rows.push({ from, count, lowest, highest });
  }
  return rows;
}

/** The lines across the chart, with the number each carries in the viewer's unit. */
export function thresholdLines(unit: Unit): { mgDl: number; shown: number; kind: 'low' | 'high'; dotted: boolean }[] {
  const { urgentLow, low, high, veryHigh } = EDGES_MG_DL;
  const line = (mgDl: number, kind: 'low' | 'high', dotted: boolean) => ({ mgDl, shown: inUnit(mgDl, unit), kind, dotted });
  return [line(urgentLow, 'low', true), line(low, 'low', false), line(high, 'high', false), line(veryHigh, 'high', true)];
}

export const SPARK_MS = 2 * HOUR;
/** In forty pixels the shape matters, not the height of what is very high. */
const SPARK_CEILING_MG_DL = 250;

export function sparkFrame(width: number, height: number, now: number): Frame {
  return { width, height, left: 4, right: 5, top: 4, bottom: 4, ceiling: SPARK_CEILING_MG_DL, span: { from: now - SPARK_MS, to: now } };
}

