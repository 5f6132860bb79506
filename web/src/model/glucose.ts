// Glucose in the viewer's unit, and what level it is. Never stores mmol/L: mg/dL inside, converted once for the eye.
import type { Reading } from '../wire/schema';

export type Unit = 'mg' | 'mmol';
export type Level = 'urgent_low' | 'low' | 'in_range' | 'high' | 'very_high';

const MG_DL_PER_MMOL = 18.0156;

/** The edges of the levels as each unit shows them: the number on the screen is the number that counts. */
export const EDGES: Readonly<Record<Unit, { urgentLow: number; low: number; high: number; veryHigh: number }>> = {
  mg: { urgentLow: 55, low: 70, high: 180, veryHigh: 250 },
  mmol: { urgentLow: 3.1, low: 3.9, high: 10.0, veryHigh: 13.9 },
};
export const EDGES_MG_DL = EDGES.mg;

/** What the common sensors can measure; outside of it there is a word and no number. */
export const SENSOR_FLOOR_MG_DL = 40;
export const SENSOR_CEILING_MG_DL = 400;

export function roundHalfAway(value: number, digits: number): number {
  const scale = 10 ** digits;
  // The tiny push undoes binary fractions such as 5.55 being held as 5.5499…
  const rounded = Math.floor(Math.abs(value) * scale + 0.5 + 1e-9) / scale;
  return value < 0 && rounded !== 0 ? -rounded : rounded;
}

export function inUnit(mgDl: number, unit: Unit): number {
  return unit === 'mg' ? roundHalfAway(mgDl, 0) : roundHalfAway(mgDl / MG_DL_PER_MMOL, 1);
}

export function levelOfShown(shown: number, unit: Unit): Level {
  const edges = EDGES[unit];
  if (shown <= edges.urgentLow) return 'urgent_low';
  if (shown < edges.low) return 'low';
  if (shown > edges.veryHigh) return 'very_high';
  if (shown > edges.high) return 'high';
  return 'in_range';
}

export function levelOf(reading: Reading, unit: Unit): Level | null {
  if (reading.range === 'below') return 'urgent_low';
  if (reading.range === 'above') return 'very_high';
  return reading.mg_dl == null ? null : levelOfShown(inUnit(reading.mg_dl, unit), unit);
}

const formats = new Map<string, Intl.NumberFormat>();

export function numberText(value: number, digits: number, locale: string): string {
  const key = `${locale} ${digits}`;
  let format = formats.get(key);
  if (!format) {
    format = new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits, useGrouping: false });
    formats.set(key, format);
  }
  return format.format(value);
}

export function glucoseText(mgDl: number, unit: Unit, locale: string): string {
  return numberText(inUnit(mgDl, unit), unit === 'mg' ? 0 : 1, locale);
}

/** "+6", "−0.3", "0": with a true minus sign, which is as wide as the plus. */
export function changeText(mgDl: number, unit: Unit, locale: string): string {
  const change = inUnit(mgDl, unit);
  const size = numberText(Math.abs(change), unit === 'mg' ? 0 : 1, locale);
  return change === 0 ? size : `${change < 0 ? '−' : '+'}${size}`;
}

export function unitOf(wire: 'mg/dL' | 'mmol/L'): Unit {
  return wire === 'mmol/L' ? 'mmol' : 'mg';
}
