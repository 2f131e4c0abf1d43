import { toHex } from '../../protocol/bytes.ts';
import { statusResponse } from '../../protocol/rc-api/status.ts';
import { type AuditAnchor, anchorText } from '../../runtime/audit/chain.ts';
import type { RcContext } from './context.ts';
import { hubsInFull } from './hub-entries.ts';
import type { ZodApp } from './zod-app.ts';

const MISSING_SHOWN = 100;

/** How the registration centre stands, for operators. */
export function addStatusRoutes(app: ZodApp, context: RcContext): void {
  const { store, authority, masterKeys, clock } = context;

  app.get('/v1/status', { schema: { response: { 200: statusResponse } } }, async () => ({
    time: clock.now(),
    generation: toHex(await store.feed.generation()),
    sequence: await store.feed.latest(),
    authority: toHex(authority.current.fingerprint),
    earlierAuthorities: authority.certificates.length - 1,
    masterKey: masterKeys.current.keyId,
    certificateEnds: context.certificateEnds(),
    cards: await store.cards.count(),
    members: await store.members.count(),
    hubs: await hubsInFull(context),
    restored: await store.restores.restored(),
    missing: withHex(await store.restores.missing(MISSING_SHOWN)),
    doubted: withHex(await store.restores.doubted(MISSING_SHOWN)),
    audit: auditStatus(await store.audit.head()),
  }));
}

function withHex<Card extends { readonly uid: Uint8Array }>({
  count,
  cards,
}: {
  readonly count: number;
  readonly cards: readonly Card[];
}) {
  return { count, cards: cards.map((card) => ({ ...card, uid: toHex(card.uid) })) };
}

function auditStatus(head: AuditAnchor) {
  return { rows: head.number, anchor: anchorText(head) };
}
