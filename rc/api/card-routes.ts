import { z } from 'zod';
import { fromHex, toHex } from '../../protocol/bytes.ts';
import { cardSummary, cardsQuery, cardsResponse, revokeRequest } from '../../protocol/rc-api/cards.ts';
import { uidOfEitherSuite } from '../../protocol/rc-api/fields.ts';
import { cardDetails } from '../../protocol/rc-api/patients.ts';
import { RefusedError } from '../errors.ts';
import type { UnlockResult } from '../store/card-unlock.ts';
import { memberOrigin } from './audited.ts';
import { summaryOf } from './card-summary.ts';
import type { RcContext } from './context.ts';
import type { ZodApp } from './zod-app.ts';

const cardParams = z.object({ uid: uidOfEitherSuite });

/** The cards, for operators. */
export function addCardRoutes(app: ZodApp, context: RcContext): void {
  const { store, clock, log } = context;

  app.get(
    '/v1/cards',
    { schema: { querystring: cardsQuery, response: { 200: cardsResponse } } },
    async (request) => {
      const { status, after, limit } = request.query;
      const page = await store.cards.list({
        status,
        after: after === undefined ? after : fromHex(after),
        limit,
      });
      if (page === undefined) throw unknownCard();
      await store.audit.note({
        ...memberOrigin(request, clock),
        action: 'card.listed',
        outcome: 'done',
        detail: `cards=${page.cards.length}`,
      });
      return { cards: page.cards.map(summaryOf), next: page.next && toHex(page.next) };
    },
  );

  app.get(
    '/v1/cards/:uid',
    { schema: { params: cardParams, response: { 200: cardSummary } } },
    async (request) => {
      const card = await store.cards.find(fromHex(request.params.uid));
      if (card === undefined) throw unknownCard();
      await store.audit.note({
        ...memberOrigin(request, clock),
        action: 'card.shown',
        outcome: 'done',
        card: request.params.uid,
      });
      return summaryOf(card);
    },
  );

  app.post(
    '/v1/cards/:uid/revoke',
    { schema: { params: cardParams, body: revokeRequest, response: { 200: cardSummary } } },
    async (request) => {
      const origin = memberOrigin(request, clock);
      const card = await store.cards.revoke(fromHex(request.params.uid), request.body.reason, origin);
      if (card === undefined) throw unknownCard();
      context.feedSignal.announce();
      log.info('a card was revoked', { uid: request.params.uid, by: origin.by });
      return summaryOf(card);
    },
  );
}

/** What operators do for a patient whose card there is, besides its end. */
export function addCardCareRoutes(app: ZodApp, context: RcContext): void {
  const { store, clock, log } = context;

  app.get(
    '/v1/cards/:uid/details',
    { schema: { params: cardParams, response: { 200: cardDetails } } },
    async (request) => {
      const details = await store.history.details(fromHex(request.params.uid));
      if (details === undefined) throw unknownCard();
      await store.audit.note({
        ...memberOrigin(request, clock),
        action: 'card.shown',
        outcome: 'done',
        card: request.params.uid,
      });
      const { card, history, tries, hubs, others } = details;
      return {
        card: summaryOf(card),
        history: [...history],
        tries: [...tries],
        hubs: hubs === null ? null : [...hubs],
        others: others.map(summaryOf),
        time: clock.now(),
      };
    },
  );

  app.post(
    '/v1/cards/:uid/unlock',
    { schema: { params: cardParams, response: { 200: cardSummary } } },
    async (request) => {
      const origin = memberOrigin(request, clock);
      const result = await store.unlockCard({ uid: fromHex(request.params.uid), origin });
      if (result.outcome !== 'unlocked') throw refuseUnlock(result.outcome);
      context.feedSignal.announce();
      log.info('a card was unlocked', { uid: request.params.uid, by: origin.by });
      return summaryOf(result.card);
    },
  );
}

function refuseUnlock(why: Exclude<UnlockResult['outcome'], 'unlocked'>): RefusedError {
  switch (why) {
    case 'unknown':
      return unknownCard();
    case 'revoked':
      return new RefusedError('card-revoked', 'the card is revoked for ever: give the patient a new one');
    case 'copied':
      return new RefusedError(
        'card-copied',
        'a copy of the card is at work, and who sets its next PIN may be the thief: only a new card ends that, so replace it',
      );
    case 'of a suite without locks':
      return new RefusedError(
        'card-without-locks',
        'a limbasiya-2021 card counts no tries and is never locked',
      );
  }
}

function unknownCard(): RefusedError {
  return new RefusedError('card-unknown', 'no card has this UID: look it up with "cardea-rc card list"');
}
