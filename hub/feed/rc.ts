import type {
  FeedCard,
  FeedPage,
  FeedQuery,
  ReportsRequest,
  ReportsResponse,
} from '../../protocol/rc-api/feed.ts';

/** What a hub asks of the RC and tells it (PROTOCOL 2.6); `RcClient` in life. All throw when it cannot be reached. */
export interface Rc {
  feed(query: FeedQuery, signal?: AbortSignal): Promise<FeedPage>;
  feedCard(uid: string): Promise<FeedCard>;
  report(reports: ReportsRequest): Promise<ReportsResponse>;
  /** Whoever waits for an answer is told that there will be none. */
  close(): void;
}
