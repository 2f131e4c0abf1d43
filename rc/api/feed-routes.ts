import { z } from 'zod';
import { fromHex, toHex } from '../../protocol/bytes.ts';
import { feedCard, feedPage, feedQuery } from '../../protocol/rc-api/feed.ts';
import { uid } from '../../protocol/rc-api/fields.ts';
import type { Changes } from '../store/feed.ts';
import { memberOrigin } from './audited.ts';
import type { RcContext } from './context.ts';
import { noteHeard } from './heard.ts';
import { withHubCards } from './hub-cards.ts';
import { callerId, type ZodApp } from './zod-app.ts';

/** The feed by which hubs follow the registry (PROTOCOL 2.6). */
export function addFeedRoutes(app: ZodApp, context: RcContext): void {
  const { store, clock } = context;

  app.get(
    '/v1/feed',
    { schema: { querystring: feedQuery, response: { 200: feedPage } } },
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
      const page = await nextChanges(context, { after, limit, wait, gone: gone.signal });
      const changes = withHubCards(context, hub, (cardOf) =>
        page.changes.map(({ sequence, card }) => ({ sequence, card: cardOf(card) })),
      );
      return {
        generation: own,
        time: clock.now(),
        changes,
        cursor: page.cursor,
        more: page.more,
        authority: toHex(context.authority.current.fingerprint),
      };
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
