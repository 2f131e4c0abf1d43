import { toHex } from '../../protocol/bytes.ts';
import { SUITE } from '../../protocol/constants.ts';
import type { CardSummary } from '../../protocol/rc-api/cards.ts';
import type { CardRecord } from '../store/cards.ts';

/** A card as operators see it. */
export function summaryOf(card: CardRecord): CardSummary {
  const { uid, suite, patientId, revoked, ...rest } = card;
  return {
    uid: toHex(uid),
    suite: suite === SUITE.cardea1 ? 'cardea-1' : 'limbasiya-2021',
    status: revoked === null ? 'active' : 'revoked',
    patientId: toHex(patientId),
    revoked,
    ...rest,
  };
}
