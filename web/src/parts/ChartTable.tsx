// The chart in words and numbers: by hour, then every reading.
import type { Reading } from '../wire/schema';
import { levelOf, type Unit } from '../model/glucose';
import { timeText, type Place } from '../model/moments';
import { hourRows, within, type Span } from '../model/plot';
import { phrase } from '../model/phrase';
import { valuePhrase } from '../model/view';
import { sayAll, useApp, useSay } from './context';

export interface TableProps {
  readings: readonly Reading[];
  gaps: readonly Span[];
  span: Span;
  unit: Unit;
  place: Place;
}

export function ChartTable(props: TableProps) {
  return (
    <>
      <Hours {...props} />
      <All {...props} />
    </>
  );
}

function Hours({ readings, span, unit, place }: TableProps) {
  const { words } = useApp();
  const say = useSay();
  const shown = (reading: Reading | null) => (reading ? sayAll(words.say, valuePhrase(reading, unit, place.locale) ?? '') : '–');
  return (
    <table>
      <caption>{say('table-hours')} ({say('table-value', { unit: phrase('unit-short', { unit }) })})</caption>
      <thead>
        <tr><th scope="col">{say('table-time')}</th><th scope="col">{say('table-lowest')}</th><th scope="col">{say('table-highest')}</th><th scope="col">{say('table-count')}</th></tr>
      </thead>
      <tbody>
        {hourRows(within(readings, span), span, unit).reverse().map((row) => (
          <tr key={row.from}>
            <th scope="row">{timeText(row.from, place)}</th>
            {row.count === 0
              ? <td colSpan={3}>{say('table-gap')}</td>
              : <><td>{shown(row.lowest)}</td><td>{shown(row.highest)}</td><td>{row.count}</td></>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function All({ readings, gaps, span, unit, place }: TableProps) {
  const { words } = useApp();
  const say = useSay();
  const rows: ({ at: number; reading: Reading } | { at: number; gap: Span })[] = [
    ...within(readings, span).map((reading) => ({ at: reading.at, reading })),
    ...gaps.map((gap) => ({ at: gap.from + 1, gap })),
  ].sort((a, b) => b.at - a.at);
  return (
    <table>
      <caption>{say('table-all')} ({say('table-value', { unit: phrase('unit-short', { unit }) })})</caption>
      <thead>
        <tr><th scope="col">{say('table-time')}</th><th scope="col">{say('table-value', { unit: phrase('unit-short', { unit }) })}</th><th scope="col">{say('table-level')}</th></tr>
      </thead>
      <tbody>
        {rows.map((row) => 'gap' in row ? (
          <tr key={`gap ${row.at}`}>
            <th scope="row">{timeText(row.gap.from, place)}–{timeText(row.gap.to, place)}</th>
            <td colSpan={2}>{say('table-gap')}</td>
          </tr>
        ) : (
          <tr key={row.at}>
            <th scope="row">{timeText(row.at, place)}</th>
            <td>{sayAll(words.say, valuePhrase(row.reading, unit, place.locale) ?? '')}</td>
            <td>{say('level', { level: levelOf(row.reading, unit) ?? 'in_range' })}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
