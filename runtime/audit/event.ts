import type { Clock } from '../clock.ts';
import { CardeaError } from '../errors.ts';

/** Who did it: a member of the network by kind or role, a patient with a card, or somebody at the machine itself. */
export const AUDIT_ROLES = ['admin', 'registrar', 'auditor', 'hub', 'device', 'patient', 'machine'] as const;
export type AuditRole = (typeof AUDIT_ROLES)[number];

/** Who does something, from where and when: what a row of the trail begins with. */
export interface AuditOrigin {
  /** Milliseconds since the Unix epoch. */
  readonly time: number;
  /** A member's id; null where nobody has shown who they are, and for patients. */
  readonly by: string | null;
  readonly role: AuditRole | null;
  /** The network address they came from; null for what was done on the machine itself. */
  readonly from: string | null;
}

/** Somebody at the machine itself, or the process of its own accord. */
export function machineOrigin(clock: Pick<Clock, 'now'>): AuditOrigin {
  return { time: clock.now(), by: null, role: 'machine', from: null };
}

/** What was done, to what. Never a PIN, a name of a person, or a key: only what names them for their owners. */
export interface AuditDeed {
  /** What, as `card.revoked`: one of the process's own list. */
  readonly action: string;
  /** `done`, or the stable code of why it was refused. */
  readonly outcome: string;
  /** A card, by its UID in hex. */
  readonly card?: string | null;
  /** A patient, by what stands for them in this row, in hex. */
  readonly subject?: string | null;
  /** A hub, a terminal or an operator, by id. */
  readonly member?: string | null;
  /** A key, by the SHA-256 of a certificate of it in hex, or by its number. */
  readonly key?: string | null;
  /** What else is to be known, in the process's own words: `reason=lost`. */
  readonly detail?: string | null;
}

export type NewAuditEvent = AuditOrigin & AuditDeed;

/** One event as the trail keeps it. */
export type AuditEvent = Required<NewAuditEvent>;

/** An event was to be kept that says something which may not be in the trail: a mistake in the program. */
export class AuditEventError extends CardeaError {
  readonly code = 'audit-event';
}

/** So that no text which somebody typed gets in, by whatever way. */
const FORMS: Readonly<Record<Exclude<keyof AuditEvent, 'time' | 'role'>, RegExp>> = {
  action: /^[a-z][a-z0-9-]*(?:\.[a-z][a-z0-9-]*)+$/,
  outcome: /^[a-z][a-z0-9-]*$/,
  by: /^[a-z0-9-]{3,32}$/,
  from: /^[0-9a-zA-Z.:%/-]{1,64}$/,
  card: /^(?:[0-9a-f]{32}|[0-9a-f]{64})$/,
  subject: /^[0-9a-f]{32}$/,
  member: /^[a-z0-9-]{3,32}$/,
  key: /^(?:[0-9a-f]{64}|[0-9]{1,3})$/,
  detail: /^[a-z][a-z0-9-]*(?:=[a-z0-9.-]+)?(?: [a-z][a-z0-9-]*(?:=[a-z0-9.-]+)?)*$/,
};

/** The event with every field, checked. @throws AuditEventError */
export function completeEvent(event: NewAuditEvent): AuditEvent {
  const complete: AuditEvent = {
    time: event.time,
    action: event.action,
    outcome: event.outcome,
    by: event.by,
    role: event.role,
    from: event.from,
    card: event.card ?? null,
    subject: event.subject ?? null,
    member: event.member ?? null,
    key: event.key ?? null,
    detail: event.detail ?? null,
  };
  for (const [field, form] of Object.entries(FORMS)) {
    const value = complete[field as keyof typeof FORMS];
    if (value !== null && !form.test(value)) {
      throw new AuditEventError(`what the audit trail was to keep as ${field} does not belong there`);
    }
  }
  return complete;
}
