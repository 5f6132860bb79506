// The screen of one person. Someone who is no longer followed here leaves no trace of a number.
import { PersonBody } from './PersonBody';
import { Demo, Heading } from '../parts/Heading';
import { useSay } from '../parts/context';
import { useGlance } from '../parts/watch';
import { PEOPLE_PATH } from '../state/route';

export function Person({ id }: { id: string }) {
  const say = useSay();
  const glance = useGlance(id);
  if (!glance) {
    return (
      <>
        <Heading title={say('home-title')} />
        <p>{say('person-missing')}</p>
        <p><a class="button" href={PEOPLE_PATH}>{say('back-to-people')}</a></p>
      </>
    );
  }
  return (
    <>
      <Heading title={glance.person.name}>{glance.person.demo && <Demo />}</Heading>
      <PersonBody glance={glance} />
    </>
  );
}
