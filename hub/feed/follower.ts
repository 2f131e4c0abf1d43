import type { FeedPage, FeedQuery } from '../../protocol/rc-api/feed.ts';
import type { HubServices } from '../services.ts';
import type { FeedPosition } from '../store/feed.ts';
import { currentListAge, type ListAge } from './list-age.ts';
import type { Rc } from './rc.ts';
import { Backoff } from './reach.ts';

/** How long the RC holds a question open while nothing changes, seconds. */
const WAIT_SECONDS = 30;
const PAGE_SIZE = 1_000;

export interface FollowerOptions {
  readonly rc: Rc;
  readonly services: HubServices;
}

/** Reads the feed page by page and applies each with its cursor (PROTOCOL 2.6), until `signal` is aborted. */
export async function followFeed({ rc, services }: FollowerOptions, signal: AbortSignal): Promise<void> {
  const { store, reach, surroundings } = services;
  const backoff = new Backoff(surroundings);
  let said: ListAge['state'] = 'fresh';
  let isFailing = false;
  while (!signal.aborted) {
    try {
      const page = await rc.feed(queryAfter(await store.lists.position()), signal);
      await applyPage(services, page);
      reach.succeeded();
      backoff.reset();
      if (isFailing) surroundings.log.info('the feed is read again');
      isFailing = false;
    } catch (cause) {
      if (signal.aborted) return;
      reach.failed();
      const reason = cause instanceof Error ? cause.message : String(cause);
      if (isFailing) surroundings.log.debug('the feed still cannot be read', { reason });
      else surroundings.log.warn('the feed cannot be read', { reason });
      isFailing = true;
      await backoff.pause(signal).catch(() => {});
    }
    if (!signal.aborted) said = await sayAge(services, said);
  }
}

function queryAfter(position: FeedPosition | null): FeedQuery {
  if (position === null) return { limit: PAGE_SIZE };
  const { generation, cursor } = position;
  return { generation, after: cursor, wait: WAIT_SECONDS, limit: PAGE_SIZE };
}

async function applyPage(services: HubServices, page: FeedPage): Promise<void> {
  const { store, sessions, reporter, surroundings } = services;
  const { revoked, restored } = await store.lists.applyPage(page);
  sessions.endRevoked(revoked);
  if (restored) {
    surroundings.log.warn('the registration centre was restored: reading the feed from its beginning');
    reporter.wake();
  }
  if (page.changes.length > 0) surroundings.log.info('lists updated', { changes: page.changes.length });
}

/** Says once when the lists come to another state. */
async function sayAge(services: HubServices, said: ListAge['state']): Promise<ListAge['state']> {
  const { age, words } = await currentListAge(services);
  if (words !== null && age.state !== said) services.surroundings.log.warn(words);
  return age.state;
}
