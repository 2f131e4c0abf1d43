import type { RcClient } from '../../certs/rc-client.ts';
import type { CompactPage } from '../../protocol/rc-api/compact-page.ts';
import type {
  FeedCard,
  FeedPage,
  FeedQuery,
  ReportsRequest,
  ReportsResponse,
} from '../../protocol/rc-api/feed.ts';
import type { AuditDelivery, AuditReceipt } from '../../runtime/audit/wire.ts';

/** What a hub asks of the RC and tells it (PROTOCOL 2.6); `RcClient` in life. All throw when it cannot be reached. */
export interface Rc {
  feed(query: FeedQuery, signal?: AbortSignal): Promise<FeedPage | CompactPage>;
  feedCard(uid: string): Promise<FeedCard>;
  report(reports: ReportsRequest): Promise<ReportsResponse>;
  tellAudit(delivery: AuditDelivery): Promise<AuditReceipt>;
  /** Whoever waits for an answer is told that there will be none. */
  close(): void;
}

/** The registration centre over its API, the feed in bytes where it has them so. */
export function rcOver(client: RcClient): Rc {
  return {
    feed: (query, signal) => client.feedInBytes(query, signal),
    feedCard: (uid) => client.feedCard(uid),
    report: (reports) => client.report(reports),
    tellAudit: (delivery) => client.tellAudit(delivery),
    close: () => client.close(),
  };
}
