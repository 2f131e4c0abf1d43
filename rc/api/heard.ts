import { StoreError } from '../../runtime/store-errors.ts';
import type { HubNews } from '../store/members.ts';
import type { RcContext } from './context.ts';

/**
 * Notes that a hub was heard, and what it says of itself. A disk that takes nothing more keeps no hub from its
 * answer: without the feed all of them would refuse logins within days (PROTOCOL 2.5, age of the lists).
 */
export async function noteHeard(
  { store, clock, log }: Pick<RcContext, 'store' | 'clock' | 'log'>,
  hub: string,
  news: HubNews = {},
): Promise<void> {
  try {
    await store.members.heardFrom(hub, clock.now(), news);
  } catch (cause) {
    if (!(cause instanceof StoreError)) throw cause;
    log.error('that a hub was heard could not be noted', { hub, reason: cause.message });
  }
}
