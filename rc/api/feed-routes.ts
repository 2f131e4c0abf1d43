// No timer: the end of the event loop's turn, not a moment in time.
import { setImmediate } from 'node:timers/promises';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { fromHex, toHex } from '../../protocol/bytes.ts';
import { COMPACT_FEED, CompactPageWriter, type PageHead } from '../../protocol/rc-api/compact-feed.ts';
import { feedCard, feedPage, feedQuery, JSON_PAGE_MAX } from '../../protocol/rc-api/feed.ts';
import { uid } from '../../protocol/rc-api/fields.ts';
import { type Changes, sizeOf } from '../store/feed.ts';
import { memberOrigin } from './audited.ts';
import type { RcContext } from './context.ts';
import { noteHeard } from './heard.ts';
import { putHubCards, withHubCards } from './hub-cards.ts';
import { callerId, type ZodApp } from './zod-app.ts';

/** So many cards are derived before others have their turn. */
const SLICE = 1_000;

/** The feed by which hubs follow the registry (PROTOCOL 2.6). */
export function addFeedRoutes(app: ZodApp, context: RcContext): void {
  const { store, clock } = context;

  app.get(
    '/v1/feed',
    { schema: { querystring: feedQuery, response: { 200: feedPage } }, config: { inBytes: COMPACT_FEED } },
    async (request, reply) => {
      const hub = callerId(request);
      const { generation, wait, limit } = request.query;
      const own = toHex(await store.feed.generation());
      const after = generation === own ? await placeOnFeed(context, request.query.after) : 0;
      if (generation !== own) {
        const origin = memberOrigin(request, clock);
        await store.audit.note({ ...origin, action: 'feed.read', outcome: 'done', member: hub });
      }
      const { version, listOf, certificateEnds: hubCertificateEnds } = request.query;
      await noteHeard(context, hub, { cursor: after, version, listOf, hubCertificateEnds });

      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      const poll = { after, limit, wait, gone: gone.signal };
      const headOf = ({ cursor, more }: Changes) => {
        const authority = toHex(context.authority.current.fingerprint);
        return { generation: own, time: clock.now(), cursor, more, authority };
      };
      if (accepts(request.headers.accept, COMPACT_FEED)) {
        const page = await compactPage(context, hub, poll, headOf);
        const untyped: FastifyReply = reply;
        return untyped.type(COMPACT_FEED).send(page);
      }
      const page = await nextChanges(context, { ...poll, limit: Math.min(limit, JSON_PAGE_MAX) });
      const changes = withHubCards(context, hub, (cardOf) =>
        page.changes.map(({ sequence, card }) => ({ sequence, card: cardOf(card) })),
      );
      return { ...headOf(page), changes };
    },
  );

  app.get(
    '/v1/feed/cards/:uid',
    { schema: { params: z.object({ uid }), response: { 200: feedCard } } },
    async (request) => {
      const card = await store.feed.card(fromHex(request.params.uid));
      if (card === undefined) return { card: null };
      return withHubCards(context, callerId(request), (cardOf) => ({ card: cardOf(card) }));
    },
  );
}

/** Whether an Accept header names the media type. */
function accepts(header: string | undefined, type: string): boolean {
  const named = header?.split(',').map((each) => each.replace(/;.*/s, '').trim().toLowerCase());
  return named?.includes(type) === true;
}

/** A page in bytes: a large one is put together slice by slice, as so many pages would be that follow each other. */
async function compactPage(
  context: RcContext,
  hub: string,
  poll: Poll,
  headOf: (changes: Changes) => PageHead,
): Promise<Uint8Array> {
  const writer = new CompactPageWriter();
  let left = poll.limit;
  let slice = await nextChanges(context, { ...poll, limit: Math.min(left, SLICE) });
  for (;;) {
    putHubCards(context, hub, slice.changes, (sequence, card) => writer.add(sequence, card));
    left = Math.floor(left - sizeOf(slice.changes));
    if (!slice.more || left < 1 || poll.gone.aborted) break;
    await setImmediate();
    slice = await context.store.feed.changesAfter(slice.cursor, Math.min(left, SLICE));
  }
  return Buffer.concat(writer.finish(headOf(slice)));
}

/** A hub that is ahead of the feed has seen what this registry lost: it reads from the start. */
async function placeOnFeed({ store }: RcContext, after: number): Promise<number> {
  return after <= (await store.feed.latest()) ? after : 0;
}

interface Poll {
  readonly after: number;
  readonly limit: number;
  /** Seconds. */
  readonly wait: number;
  /** Aborts when the hub hangs up. */
  readonly gone: AbortSignal;
}

/** What is there already, or else what comes first within `wait` seconds. */
async function nextChanges({ store, feedSignal }: RcContext, poll: Poll): Promise<Changes> {
  const { moment } = feedSignal;
  const page = await store.feed.changesAfter(poll.after, poll.limit);
  if (page.changes.length > 0 || poll.wait === 0) return page;
  await feedSignal.wait(moment, poll.wait * 1000, poll.gone);
  // A hub that has hung up gets no other answer: there is nobody to derive it for.
  return poll.gone.aborted ? page : store.feed.changesAfter(poll.after, poll.limit);
}
