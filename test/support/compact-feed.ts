import { concat } from '../../protocol/bytes.ts';
import { CompactPageWriter, cardInBytes } from '../../protocol/rc-api/compact-feed.ts';
import { CompactPage } from '../../protocol/rc-api/compact-page.ts';
import type { FeedPage } from '../../protocol/rc-api/feed.ts';

const NO_AUTHORITY = '00'.repeat(32);

/** A page of the feed in bytes, as a registration centre writes it. */
export function compactBytes({ changes, authority = NO_AUTHORITY, ...head }: FeedPage): Uint8Array {
  const writer = new CompactPageWriter();
  for (const { sequence, card } of changes) writer.add(sequence, cardInBytes(card));
  return concat(...writer.finish({ ...head, authority }));
}

/** The same page, as a hub reads it. */
export function compactPage(page: FeedPage): CompactPage {
  return new CompactPage(compactBytes(page));
}

/** What a page in bytes has in it, one after another. */
export function changesIn(page: CompactPage) {
  return Array.from({ length: page.count }, (_, index) => ({
    sequence: page.sequenceOf(index),
    card: page.card(index),
  }));
}
