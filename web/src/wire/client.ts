// Questions with one answer: an earlier stretch of readings, and "forget this device".
import type { Readings } from './schema';

const ANSWER_WITHIN_MS = 10_000;

export async function readingsBetween(person: string, from: number, to: number): Promise<Readings> {
  const url = `/api/people/${encodeURIComponent(person)}/readings?from=${Math.floor(from)}&to=${Math.ceil(to)}`;
  const response = await fetch(url, { cache: 'no-store', signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
  if (!response.ok) throw new Error(`status ${response.status}`);
  return (await response.json()) as Readings;
}

/** Ends this device's connection at the server. False where the server could not be told. */
export async function forgetDevice(): Promise<boolean> {
  try {
    const response = await fetch('/api/device', { method: 'DELETE', signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    return response.ok || response.status === 401;
  } catch {
    return false;
  }
}
