// All about one person, in the order of the questions: is it all right, is it new, where did it stop.
import type { Glance } from '../wire/schema';
import { glucoseText, type Unit } from '../model/glucose';
import { agePhrase, offsetMinutes, timeText } from '../model/moments';
import { phrase } from '../model/phrase';
import { ChainView } from '../parts/ChainView';
import { Chart } from '../parts/Chart';
import { useApp, useSay } from '../parts/context';
import { Figure, levelClass, ReadingWords } from '../parts/Reading';
import { useMinute, useSeen } from '../parts/watch';

export function PersonBody({ glance }: { glance: Glance }) {
  return (
    <>
      <BigReading glance={glance} />
      <Disagreement glance={glance} />
      <PersonChart glance={glance} />
      <PersonChain glance={glance} />
      <Checks glance={glance} />
      <Zone glance={glance} />
    </>
  );
}

function BigReading({ glance }: { glance: Glance }) {
  const { view } = useSeen(glance);
  const unit = useApp().unit.value;
  return (
    <section class={`reading ${levelClass(view)}`} id="reading" tabIndex={-1} aria-labelledby="reading-spoken">
      <p class="sr" id="reading-spoken">{view.spoken}</p>
      {view.cause && <p class="sr">{view.cause}</p>}
      {view.suspect && <p class="sr"><SuspectWords /></p>}
      <div aria-hidden="true">
        <Figure view={view} unit={unit} />
        <ReadingWords view={view} brief={false} cause={view.cause} />
      </div>
    </section>
  );
}

function SuspectWords() {
  return <>{useSay()('clock-suspect')}</>;
}

function Disagreement({ glance }: { glance: Glance }) {
  const app = useApp();
  const say = useSay();
  const values = glance.disagreement?.mg_dl ?? [];
  if (values.length < 2) return null;
  const unit = app.unit.value;
  const text = (mgDl: number) => glucoseText(mgDl, unit, app.place.locale);
  return (
    <p class="notice">
      {say('disagree', { low: text(Math.min(...values)), high: text(Math.max(...values)), unit: phrase('unit-short', { unit }) })}
    </p>
  );
}

function PersonChart({ glance }: { glance: Glance }) {
  const app = useApp();
  const now = useMinute();
  const person = glance.person.id;
  // Read here, so that an answer that arrives draws the chart again.
  const stretch = app.history.all.value[person] ?? app.history.of(person);
  return (
    <Chart glance={glance} stretch={stretch} unit={app.unit.value} now={now} place={app.place}
      reach={(from) => void app.history.reach(person, from, now)} />
  );
}

function PersonChain({ glance }: { glance: Glance }) {
  return <ChainView chain={useSeen(glance).chain} />;
}

function Checks({ glance }: { glance: Glance }) {
  const app = useApp();
  const say = useSay();
  const now = useMinute();
  const unit: Unit = app.unit.value;
  const checks = [...(glance.meter_checks ?? [])].reverse();
  return (
    <section class="panel" aria-labelledby="checks-title">
      <h2 id="checks-title">{say('today-title')}</h2>
      {checks.length === 0 && <p class="quiet">{say('check-none')}</p>}
      {checks.length > 0 && (
        <ul class="checks">
          {checks.map((check) => {
            const value = phrase('spoken-value', { value: glucoseText(check.mg_dl, unit, app.place.locale), unit: phrase('unit-short', { unit }) });
            return (
              <li key={`${check.at} ${check.by}`}>
                <svg class="shape" viewBox="0 0 24 24" aria-hidden="true"><path class="check" d="M12 4l8 8-8 8-8-8z" /></svg>
                <div>
                  <p>{say('check-line', { value, by: check.by, when: agePhrase(check.at, now - 60_000, app.place) })}</p>
                  {check.note && <p class="quiet">{check.note}</p>}
                </div>
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
}

/** Her clock, where it shows another time than ours. */
function Zone({ glance }: { glance: Glance }) {
  const app = useApp();
  const say = useSay();
  const now = useMinute() - 60_000;
  const { name, time_zone } = glance.person;
  if (offsetMinutes(now, app.place.zone) === offsetMinutes(now, time_zone)) return null;
  return <p class="quiet aside">{say('person-zone', { name, time: timeText(now, { ...app.place, zone: time_zone }) })}</p>;
}
