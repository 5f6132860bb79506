// Which screen the address asks for. Ids in addresses are opaque; names never stand there.
import { signal, type ReadonlySignal } from '@preact/signals';

export type Route = { screen: 'people' } | { screen: 'person'; id: string } | { screen: 'more' } | { screen: 'gone' };

export const PEOPLE_PATH = '/';
export const MORE_PATH = '/app/more';

export function personPath(id: string): string {
  return `/app/${encodeURIComponent(id)}`;
}

export function routeOf(path: string): Route {
  if (path === '/' || path === '/app' || path === '/app/') return { screen: 'people' };
  if (path === MORE_PATH) return { screen: 'more' };
  const found = /^\/app\/([^/]+)\/?$/.exec(path);
  if (!found?.[1]) return { screen: 'gone' };
  try {
    return { screen: 'person', id: decodeURIComponent(found[1]) };
  } catch {
    return { screen: 'gone' };
  }
}

export class Router {
  private readonly at: ReturnType<typeof signal<Route>>;

  constructor(private readonly page: Window) {
    this.at = signal<Route>(routeOf(page.location.pathname));
    page.addEventListener('popstate', () => this.settle());
    page.document.addEventListener('click', (event) => this.follow(event));
  }

  get route(): ReadonlySignal<Route> {
    return this.at as ReadonlySignal<Route>;
  }

  private settle(): void {
    this.at.value = routeOf(this.page.location.pathname);
  }

  /** A plain click on one of our own links changes the screen; anything else is the browser's business. */
  private follow(event: MouseEvent): void {
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (!link || event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || link.target || link.hasAttribute('download')) return;
    if (link.origin !== this.page.location.origin || link.hash !== '' || routeOf(link.pathname).screen === 'gone') return;
    event.preventDefault();
    if (link.pathname === this.page.location.pathname) return;
    this.page.history.pushState(null, '', link.pathname);
    this.settle();
    this.page.scrollTo(0, 0);
  }
}
