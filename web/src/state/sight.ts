// What is seen of each person, kept until it may change: a second in which nothing happens costs next to nothing.
import type { Chain } from '../model/chain';
import { chainOf, deviceState } from '../model/chain';
import { rankOf } from '../model/order';
import { readingView, unchangedUntil, type ReadingView, type Saying, type Viewing } from '../model/view';
import type { Glance } from '../wire/schema';

export interface Seen {
  view: ReadingView;
  chain: Chain;
  rank: number;
}

interface Kept extends Seen {
  glance: Glance;
  viewed: string;
  from: number;
  until: number;
}

export class Sight {
  private readonly kept = new Map<string, Kept>();

  constructor(private readonly say: Saying) {}

  of(glance: Glance, viewing: Viewing): Seen {
    const { now } = viewing;
    const viewed = signOf(viewing);
    const kept = this.kept.get(glance.person.id);
    if (kept && kept.glance === glance && kept.viewed === viewed && now >= kept.from && now <= kept.until) return kept;
    const chain = chainOf(glance, viewing.connection, now, viewing.place);
    const fresh: Kept = {
      view: readingView(glance, viewing, this.say), chain, rank: rankOf(glance, chain, viewing.unit, now),
      glance, viewed, from: now, until: unchangedUntil(glance, now),
    };
    this.kept.set(glance.person.id, fresh);
    return fresh;
  }

  forget(person: string): void {
    this.kept.delete(person);
  }

  clear(): void {
    this.kept.clear();
  }
}

/** All of the viewing that is not the person's, without the beats that change nothing. */
function signOf({ unit, connection, confirmed, checking, now }: Viewing): string {
  const state = deviceState(connection, now);
  const since = state === 'broken' || !confirmed ? connection.heardAt : '';
  return `${unit} ${confirmed} ${checking} ${state} ${state === 'broken' ? connection.trouble : ''} ${since}`;
}
