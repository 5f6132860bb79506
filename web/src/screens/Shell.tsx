// The frame around every screen: skip link, notice, the screen, the bar, and the lines a screen reader listens to.
import { Notice } from '../parts/Notice';
import { useApp, useSay } from '../parts/context';
import { Heading } from '../parts/Heading';
import { Later } from '../parts/Later';
import { PlaceShape } from '../parts/shapes';
import { MORE_PATH, PEOPLE_PATH, type Route } from '../state/route';
import { People } from './People';
import { Person } from './Person';

export function Shell({ route }: { route: Route }) {
  const app = useApp();
  const say = useSay();
  const showing = app.phase.value === 'showing';
  const people = app.glances.people.value;
  const reading = showing && (route.screen === 'people' ? people.length > 0 : route.screen === 'person' && people.some((each) => each.person.id === route.id));
  return (
    <>
      <a class="skip" href={reading ? '#reading' : '#main'}>{say(reading ? 'skip-link' : 'skip-link-page')}</a>
      <main id="main" tabIndex={-1}>
        {showing && <Notice />}
        <Screen route={route} />
      </main>
      {showing && <Bar route={route} />}
      <p class="sr" role="status">{app.polite.value}</p>
      <p class="sr" role="alert">{app.assertive.value}</p>
    </>
  );
}

function Screen({ route }: { route: Route }) {
  const { phase, checking, farewell } = useApp();
  const say = useSay();
  switch (phase.value) {
    case 'starting':
      return <Plain title={say('app-name')} text={say(checking.value ? 'starting' : 'starting-failed')} />;
    case 'signed_out':
      return <Plain title={say('signed-out-title')} text={say('signed-out-text')} />;
    case 'forgotten':
      return <Plain title={say('settings-device')} text={farewell.value} />;
  }
  switch (route.screen) {
    case 'people': return <People />;
    case 'person': return <Person key={route.id} id={route.id} />;
    case 'more': return <Later draw={({ More }) => <More />} />;
    case 'gone': return <Plain title={say('app-name')} text={say('route-gone')} link />;
  }
}

function Plain({ title, text, link }: { title: string; text: string; link?: boolean }) {
  const say = useSay();
  return (
    <>
      <Heading key={title} title={title} />
      <p role="status">{text}</p>
      {link && <p><a class="button" href={PEOPLE_PATH}>{say('back-to-people')}</a></p>}
    </>
  );
}

function Bar({ route }: { route: Route }) {
  const say = useSay();
  const people = route.screen === 'people';
  const more = route.screen === 'more';
  return (
    <nav class="bar" aria-label={say('nav-label')}>
      <a href={PEOPLE_PATH} {...(people ? { 'aria-current': 'page' as const } : {})}><PlaceShape place="people" /><span>{say('nav-people')}</span></a>
      <a href={MORE_PATH} {...(more ? { 'aria-current': 'page' as const } : {})}><PlaceShape place="more" /><span>{say('nav-more')}</span></a>
    </nav>
  );
}
