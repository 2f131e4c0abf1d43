import { fromHex, toHex, wipe } from '../../protocol/bytes.ts';
import { deriveUsk } from '../../protocol/keys.ts';
import { isPinChangeProof } from '../../protocol/pin-change.ts';
import { type ReportsRequest, reportsRequest, reportsResponse } from '../../protocol/rc-api/feed.ts';
import type { CardState } from '../store/feed.ts';
import type { HeldByHub } from '../store/missing-cards.ts';
import type { NewPin, Notice, TryCount } from '../store/reports.ts';
import { memberOrigin } from './audited.ts';
import type { RcContext } from './context.ts';
import { noteHeard } from './heard.ts';
import { withHubCards } from './hub-cards.ts';
import type { ZodApp } from './zod-app.ts';

/** Room for 500 counts and 500 new PINs. */
const BODY_LIMIT_BYTES = 512 * 1024;

/** What hubs tell of tries, locks and new PINs (PROTOCOL 2.5 and 2.6). */
export function addReportRoutes(app: ZodApp, context: RcContext): void {
  const { store, clock } = context;

  app.post(
    '/v1/reports',
    { bodyLimit: BODY_LIMIT_BYTES, schema: { body: reportsRequest, response: { 200: reportsResponse } } },
    async (request) => {
      const origin = memberOrigin(request, clock);
      const { by: hub } = origin;
      // Asked for at once, so that both are in one commit.
      const [taken] = await Promise.all([
        store.reports.takeReports({
          origin,
          ...reportsOf(request.body),
          isProved: (card, pin) => isProved(context, card, pin),
        }),
        noteHeard(context, hub),
      ]);
      if (taken.changed) context.feedSignal.announce();
      for (const notice of taken.notices) tellOperator(context, hub, notice);
      if (taken.notices.some(({ what }) => what === 'locked by hub')) await sayWhereTooMany(context, hub);
      return withHubCards(context, hub, (cardOf) => ({ cards: taken.cards.map(cardOf) }));
    },
  );
}

function reportsOf(body: ReportsRequest): {
  tries: TryCount[];
  pins: NewPin[];
  held?: HeldByHub[] | undefined;
} {
  return {
    tries: body.tries.map((count) => ({ ...count, uid: fromHex(count.uid) })),
    pins: body.pins.map((pin) => ({
      ...pin,
      uid: fromHex(pin.uid),
      cs: fromHex(pin.cs),
      proof: fromHex(pin.proof),
    })),
    held: body.held?.map((card) => ({ ...card, uid: fromHex(card.uid) })),
  };
}

/** No hub holds `usk`: the proof shows that whoever made the new PIN's key had opened the card. */
function isProved({ primitives, masterKeys }: RcContext, card: CardState, pin: NewPin): boolean {
  const usk = deriveUsk(primitives, masterKeys.get(card.keyId), card.uid);
  const proved = isPinChangeProof(primitives, usk, pin.pinVersion, pin.cs, pin.proof);
  wipe(usk);
  return proved;
}

/** Each further lock says it again: it goes on. */
async function sayWhereTooMany({ store, clock, log }: RcContext, hub: string): Promise<void> {
  const standing = (await store.members.hubs(clock.now())).find(({ id }) => id === hub);
  if (standing?.alarm !== true) return;
  log.warn('ALARM: a hub locks more cards than its share: revoke it if it lies', {
    hub,
    locksOfTheDay: standing.locks,
  });
}

function tellOperator({ log }: RcContext, hub: string, notice: Notice): void {
  const fields = { uid: toHex(notice.uid), hub };
  switch (notice.what) {
    case 'new pin':
      log.info('a card has a new PIN', fields);
      break;
    case 'locked by hub':
    case 'locked by tries':
      log.warn('a card was locked after wrong tries', { ...fields, by: notice.what });
      break;
    case 'locked as copied':
      log.warn('a card was locked: two keys are in use under one PIN version, so a copy is at work', fields);
      break;
    case 'missing':
      log.warn(
        'a hub holds a card that is not in the restored registry: revoke it, and register its patient anew',
        fields,
      );
      break;
    case 'revoked by hub':
      log.warn('a card was revoked that a hub knows as revoked since before the restore', fields);
      break;
    case 'revocation doubted':
      log.warn(
        'ALARM: a hub alone says of more cards than one is believed for that they were revoked before the restore: look at "cardea-rc status"',
        { hub },
      );
      break;
    case 'pin not proved':
      log.warn('a hub told of a new PIN without a right proof: it was not believed', fields);
      break;
    default: {
      const unforeseen: never = notice.what;
      throw new Error(`no words for ${String(unforeseen)}`);
    }
  }
}
