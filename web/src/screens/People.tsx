// Home. One person fills it; several stand as cards, whoever needs a look first.
import type { Glance } from '../wire/schema';
import { Demo, Heading } from '../parts/Heading';
import { InstallHint } from '../parts/InstallHint';
import { useApp, useSay } from '../parts/context';
import { Figure, levelClass, ReadingWords } from '../parts/Reading';
import { Spark } from '../parts/Spark';
import { useMinute, useSeen } from '../parts/watch';
import { personPath } from '../state/route';
import { PersonBody } from './PersonBody';

export function People() {
  const app = useApp();
  const say = useSay();
  const people = app.glances.people.value;
  const only = people.length === 1 ? people[0] : undefined;
  if (only) {
    return (
      <>
        <Heading key="one" title={only.person.name}>{only.person.demo && <Demo />}</Heading>
        <PersonBody key={only.person.id} glance={only} />
        <InstallHint />
      </>
    );
  }
  if (people.length === 0) {
    return (
      <>
        <Heading key="none" title={say('nobody-title')} />
        <p>{say('nobody-text')}</p>
      </>
    );
  }
  const ordered = app.order.value.map((id) => people.find((each) => each.person.id === id)).filter((each) => each !== undefined);
  return (
    <>
      <Heading key="several" title={say('home-title')} />
      <ul class="cards" id="reading" tabIndex={-1}>
        {ordered.map((glance) => <Card key={glance.person.id} glance={glance} />)}
      </ul>
      <InstallHint />
    </>
  );
}

function Card({ glance }: { glance: Glance }) {
  const app = useApp();
  const { view } = useSeen(glance);
  const unit = app.unit.value;
  return (
    <li>
      <a class={`card ${levelClass(view)}`} href={personPath(view.id)}>
        <span class="sr">{view.spoken}{view.cause ? ` ${view.cause}` : ''}</span>
        <div class="card-inside" aria-hidden="true">
          <div class="card-top">
            <span class="card-name">{view.name}</span>
            {view.demo && <Demo />}
            {view.delta && <span class="quiet card-delta">{view.delta}</span>}
          </div>
          <div class="card-middle">
            <Figure view={view} unit={unit} />
            <CardSpark glance={glance} />
          </div>
          <ReadingWords view={view} brief cause={view.cause} />
        </div>
      </a>
    </li>
  );
}

function CardSpark({ glance }: { glance: Glance }) {
  return <Spark glance={glance} unit={useApp().unit.value} now={useMinute()} />;
}
