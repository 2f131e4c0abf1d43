import { toHex } from '../../protocol/bytes.ts';
import type { AuditAnchor, AuditRow } from '../../runtime/audit/chain.ts';
import { type AuditOrigin, machineOrigin, type NewAuditEvent } from '../../runtime/audit/event.ts';
import { RepeatedEvents } from '../../runtime/audit/repeats.ts';
import type { AuditQuery, AuditTrail } from '../../runtime/audit/trail.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import type { HubAction } from '../audit-actions.ts';
import type { GroupCommit } from './group-commit.ts';

/** A patient at a terminal. */
export interface PatientOrigin extends AuditOrigin {
  /** The terminal, as it calls itself; null where it has no id. */
  readonly member: string | null;
}

/** An event of the hub's. */
export interface HubAuditEvent extends Omit<NewAuditEvent, 'subject' | 'card'> {
  readonly action: HubAction;
  /** The hub's name for the patient, 16 bytes. */
  readonly subject?: Uint8Array | null | undefined;
}

/** Something keyed that stands for a subject, 16 bytes: `RecordCipher.patient`. */
export type MarkPatient = (subject: Uint8Array) => Uint8Array;

/**
 * The trail, in which a patient is a keyed mark of the hub's `subject`, and no card has its UID: the database alone
 * tells nobody who was here when, and what leaves the clinic links no patient to another hub's. Whoever has the
 * records' key finds a patient's rows by it.
 */
export class HubTrail {
  readonly trail: AuditTrail;
  #mark: MarkPatient | null = null;

  constructor(trail: AuditTrail) {
    this.trail = trail;
  }

  /** From now on, patients are marked; until then no row says whom it is about. */
  markPatientsBy(mark: MarkPatient): void {
    this.#mark = mark;
  }

  /** Null before `markPatientsBy`. */
  markOf(subject: Uint8Array): string | null {
    return this.#mark && toHex(this.#mark(subject));
  }

  /** Within a transaction of the caller's: the one that does it. */
  append({ subject, ...event }: HubAuditEvent): void {
    this.trail.append({ ...event, subject: subject ? this.markOf(subject) : null });
  }
}

/**
 * @param source the address that the terminal came from
 * @param terminalId as the terminal says, which is no proof; what is no id is left out
 */
export function patientOrigin(clock: Pick<Clock, 'now'>, source: string, terminalId = ''): PatientOrigin {
  const member = /^[a-z0-9-]{3,32}$/.test(terminalId) ? terminalId : null;
  return { time: clock.now(), by: null, role: 'patient', from: source, member };
}

/** The hub's audit trail, to be read and for what changes nothing else in the store. */
export class HubAudit {
  readonly #group: GroupCommit;
  readonly #trail: HubTrail;
  readonly #refusals = new RepeatedEvents();

  constructor(group: GroupCommit, trail: HubTrail) {
    this.#group = group;
    this.#trail = trail;
  }

  /** From now on patients are marked so (`HubTrail`). */
  markPatientsBy(mark: MarkPatient): void {
    this.#trail.markPatientsBy(mark);
  }

  /** What stands for a patient in the trail, hex; null where the records' key is not at hand. */
  markOf(subject: Uint8Array): string | null {
    return this.#trail.markOf(subject);
  }

  /** Keeps something that was revealed; it is on the disk when this resolves. */
  note(event: HubAuditEvent): Promise<void> {
    return this.#group.write(() => this.#trail.append(event));
  }

  /**
   * Keeps a refusal. Where the same comes again and again, it is counted (`RepeatedEvents`). It changed nothing,
   * so that it stands also where it cannot be written: the log says so then.
   */
  async noteRefusal(event: HubAuditEvent, log: Log): Promise<void> {
    const { subject, ...rest } = event;
    const marked = { ...rest, subject: subject ? this.#trail.markOf(subject) : null };
    await this.#tryToAppend(this.#refusals.take(marked), log);
  }

  /** Keeps that the service began or ended; a full disk keeps nobody from either. */
  async noteService(action: 'service.started' | 'service.stopped', clock: Clock, log: Log): Promise<void> {
    const counted = action === 'service.stopped' ? this.#refusals.drain() : [];
    await this.#tryToAppend([...counted, { ...machineOrigin(clock), action, outcome: 'done' }], log);
  }

  /** The rows that fit. @throws StoreError */
  async list(query: AuditQuery): Promise<readonly AuditRow[]> {
    await this.#append(this.#refusals.drain());
    return this.#trail.trail.list(query);
  }

  async head(): Promise<AuditAnchor> {
    return this.#trail.trail.head();
  }

  async #append(events: readonly NewAuditEvent[]): Promise<void> {
    if (events.length === 0) return;
    await this.#group.write(() => {
      for (const event of events) this.#trail.trail.append(event);
    });
  }

  async #tryToAppend(events: readonly NewAuditEvent[], log: Log): Promise<void> {
    try {
      await this.#append(events);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      log.error('the audit trail could not be written', { reason });
    }
  }
}
