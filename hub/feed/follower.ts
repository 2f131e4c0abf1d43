import { COMPACT_PAGE_MAX } from '../../protocol/rc-api/compact-feed.ts';
import { CompactPage } from '../../protocol/rc-api/compact-page.ts';
import type { FeedPage, FeedQuery } from '../../protocol/rc-api/feed.ts';
import { VERSION } from '../../runtime/version.ts';
import type { HubServices } from '../services.ts';
import type { FeedPosition } from '../store/feed.ts';
import { currentListAge, type ListAge } from './list-age.ts';
import type { Rc } from './rc.ts';
import { Backoff } from './reach.ts';

/** How long the RC holds a question open while nothing changes, seconds. */
const WAIT_SECONDS = 30;
/** To apply a page of so many cards keeps those who log in waiting for less than a tenth of a second. */
const PAGE_SIZE = 2_000;
/**
 * In a first sync, for as long as nobody is served, pages are as large as can be applied in so long: each writes most
 * of the index by UID anew, so that fewer of them cost less. In milliseconds.
 */
const LARGE_PAGE_MS = 500;

export interface FollowerOptions {
  readonly rc: Rc;
  readonly services: HubServices;
}

/** Reads the feed page by page and applies each with its cursor (PROTOCOL 2.6), until `signal` is aborted. */
export async function followFeed(options: FollowerOptions, signal: AbortSignal): Promise<void> {
  const { store, reach, surroundings } = options.services;
  const backoff = new Backoff(surroundings);
  let said: ListAge['state'] = 'fresh';
  let isFailing = false;
  // Whoever does not know whether it answers asks for an answer at once: lists that were too old are good again then.
  let waitSeconds = 0;
  const onPage = async () => {
    reach.succeeded();
    backoff.reset();
    waitSeconds = WAIT_SECONDS;
    if (isFailing) surroundings.log.info('the feed is read again');
    isFailing = false;
    said = await sayAge(options.services, said);
  };
  while (!signal.aborted) {
    try {
      const first = queryAfter(await store.lists.position(), waitSeconds);
      await readPages(options, first, { signal, onPage });
    } catch (cause) {
      if (signal.aborted) return;
      reach.failed();
      waitSeconds = 0;
      const reason = cause instanceof Error ? cause.message : String(cause);
      if (isFailing) surroundings.log.debug('the feed still cannot be read', { reason });
      else surroundings.log.warn('the feed cannot be read', { reason });
      isFailing = true;
      await backoff.pause(signal).catch(() => {});
      if (!signal.aborted) said = await sayAge(options.services, said);
    }
  }
}

/**
 * Pages until there are no more for now. The next is asked for before the last is applied, so that both sides
 * work at the same time; where that fails, what was asked for is given up.
 */
async function readPages(
  { rc, services }: FollowerOptions,
  first: First,
  { signal, onPage }: { readonly signal: AbortSignal; readonly onPage: () => Promise<void> },
): Promise<void> {
  const givenUp = new AbortController();
  const { notAfter: certificateEnds } = services.identity;
  let listOf = first.heard;
  let limit = PAGE_SIZE;
  const ask = (query: FeedQuery): Promise<Page> => {
    const news = { version: VERSION, certificateEnds, ...(listOf !== undefined && { listOf }) };
    return rc.feed({ ...query, ...news }, AbortSignal.any([signal, givenUp.signal]));
  };
  try {
    let next: Promise<Page> | null = ask(first.query);
    while (next !== null) {
      const page: Page = await next;
      next = page.more ? ask({ ...placeAfter(page), limit }) : null;
      // It is waited for only once this page has been applied; its failure is to be heard then.
      next?.catch(() => {});
      limit = await applyPage(services, page);
      listOf = page.time;
      await onPage();
    }
  } finally {
    givenUp.abort();
  }
}

type Page = FeedPage | CompactPage;

function placeAfter({ generation, cursor: after }: Page): FeedQuery {
  return { generation, after };
}

/** The first of some questions, and of when the lists are that it goes on from. */
interface First {
  readonly query: FeedQuery;
  readonly heard: number | undefined;
}

function queryAfter(position: FeedPosition | null, waitSeconds: number): First {
  if (position === null) return { query: { limit: PAGE_SIZE }, heard: undefined };
  const { generation, cursor, heard } = position;
  const wait = waitSeconds > 0 ? { wait: waitSeconds } : {};
  return { query: { generation, after: cursor, ...wait, limit: PAGE_SIZE }, heard };
}

/** @returns how many changes the next page but one is to have, which is asked for with the next at hand */
async function applyPage(services: HubServices, page: Page): Promise<number> {
  const { store, sessions, reporter, surroundings } = services;
  const began = surroundings.clock.monotonic();
  const { revoked, restored, due, areNew } = await store.lists.applyPage(page);
  const took = surroundings.clock.monotonic() - began;
  sessions.endRevoked(revoked);
  if (restored) {
    surroundings.log.warn('the registration centre was restored: reading the feed from its beginning');
  }
  if (due) reporter.wake();
  const changes = page instanceof CompactPage ? page.count : page.changes.length;
  if (changes > 0) surroundings.log.info('lists updated', { changes });
  if (!areNew || sessions.count > 0) return PAGE_SIZE;
  const inTime = Math.floor((changes * LARGE_PAGE_MS) / Math.max(took, 1));
  return Math.min(Math.max(inTime, PAGE_SIZE), COMPACT_PAGE_MAX);
}

/** Says once when the lists come to another state. */
async function sayAge(services: HubServices, said: ListAge['state']): Promise<ListAge['state']> {
  const { age, words } = await currentListAge(services);
  if (words !== null && age.state !== said) services.surroundings.log.warn(words);
  return age.state;
}
