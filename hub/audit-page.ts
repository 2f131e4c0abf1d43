import { fromHex } from '../protocol/bytes.ts';
import { machineOrigin } from '../runtime/audit/event.ts';
import { type AuditPage, auditQuery, pageOf, rowToWire } from '../runtime/audit/wire.ts';
import type { Clock } from '../runtime/clock.ts';
import { CardeaError } from '../runtime/errors.ts';
import type { HubStore } from './store/store.ts';

/** The trail cannot be searched so. */
export class AuditQueryError extends CardeaError {
  readonly code = 'audit-query';
}

/**
 * A page of the hub's trail, for the clinic's IT. That it was read is in it. A card is looked for by the marks of its
 * patient, which need the records' key, and so `serve`.
 *
 * @throws AuditQueryError, StoreError
 */
export async function answerAudit(
  store: Pick<HubStore, 'audit' | 'findCard' | 'patients'>,
  clock: Pick<Clock, 'now'>,
  params: unknown,
): Promise<AuditPage> {
  const parsed = auditQuery.safeParse(params ?? {});
  if (!parsed.success) throw new AuditQueryError('this is no question about the audit trail');
  const { card, ...query } = parsed.data;
  if (query.after === undefined) {
    await store.audit.note({ ...machineOrigin(clock), action: 'audit.read', outcome: 'done' });
  }
  if (card === undefined) return pageOf(query, (asked) => store.audit.list(asked));
  const { rows, next } = await store.audit.find(query, await subjectOfCard(store, fromHex(card)));
  return { rows: rows.map(rowToWire), next };
}

async function subjectOfCard(
  { audit, findCard, patients }: Pick<HubStore, 'audit' | 'findCard' | 'patients'>,
  uid: Uint8Array,
): Promise<Uint8Array> {
  const held = uid.length === 16 ? await findCard(uid) : await patients.find(uid);
  if (held === null) throw new AuditQueryError('this hub holds no card with this UID');
  if (audit.knowsPatients) return held.subject;
  throw new AuditQueryError(
    'a card\'s rows are found by the records\' key alone: start "cardea-hub serve" and ask again',
  );
}
