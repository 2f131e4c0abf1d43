// No timer: the end of the event loop's turn, not a moment in time.
import { setImmediate } from 'node:timers/promises';
import { fromHex, toHex } from '../../protocol/bytes.ts';
import type { AuditAnchor, AuditRow } from '../../runtime/audit/chain.ts';
import { type AuditOrigin, machineOrigin, type NewAuditEvent } from '../../runtime/audit/event.ts';
import type { HubAction } from '../../runtime/audit/hub-actions.ts';
import { RepeatedEvents } from '../../runtime/audit/repeats.ts';
import type { AuditQuery, AuditTrail } from '../../runtime/audit/trail.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { GroupCommit } from '../../runtime/group-commit.ts';
import type { Log } from '../../runtime/log.ts';

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

/** What stands for a patient in a row, 16 bytes, another in every row: `RecordCipher`. */
export interface PatientMarks {
  auditMark(subject: Uint8Array): Uint8Array;
  auditMarksOf(subject: Uint8Array): (mark: Uint8Array) => boolean;
}

/** A patient's rows, and after which row to go on where there may be more. */
export interface FoundRows {
  readonly rows: readonly AuditRow[];
  readonly next: number | null;
}

/** Of a search: rows that are read at once, and rows that are looked through before whoever asked hears of it. */
const SEARCH_ROWS = 1_000;
const SEARCH_ROWS_MAX = 50_000;

/**
 * The trail, in which a patient is a keyed mark that is another in every row, and no card has its UID: the database
 * alone tells nobody who was here when, nor which rows are about the same patient. Whoever has the records' key finds
 * a patient's rows.
 */
export class HubTrail {
  readonly trail: AuditTrail;
  #marks: PatientMarks | null = null;

  constructor(trail: AuditTrail) {
    this.trail = trail;
  }

  /** From now on, patients are marked; until then no row says whom it is about. */
  markPatientsBy(marks: PatientMarks): void {
    this.#marks = marks;
  }

  /** False before `markPatientsBy`. */
  get knowsPatients(): boolean {
    return this.#marks !== null;
  }

  /** Tells which rows are about this patient. Before `markPatientsBy`, none is. */
  rowsAbout(subject: Uint8Array): (row: AuditRow) => boolean {
    const isTheirs = this.#marks?.auditMarksOf(subject) ?? (() => false);
    return (row) => row.subject !== null && isTheirs(fromHex(row.subject));
  }

  /** Within a transaction of the caller's: the one that does it. */
  append({ subject, ...event }: HubAuditEvent): void {
    this.trail.append({ ...event, subject: this.#markOf(subject) });
  }

  /** The same for one in which the hub's name for the patient stands, hex. */
  appendNamed({ subject, ...event }: NewAuditEvent): void {
    this.trail.append({ ...event, subject: this.#markOf(subject ? fromHex(subject) : null) });
  }

  #markOf(subject: Uint8Array | null | undefined): string | null {
    const mark = subject && this.#marks?.auditMark(subject);
    return mark ? toHex(mark) : null;
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
  /** Their patients are named as the hub names them, until they are written. */
  readonly #refusals = new RepeatedEvents();

  constructor(group: GroupCommit, trail: HubTrail) {
    this.#group = group;
    this.#trail = trail;
  }

  /** From now on patients are marked so (`HubTrail`). */
  markPatientsBy(marks: PatientMarks): void {
    this.#trail.markPatientsBy(marks);
  }

  /** Whether a patient's rows can be found: where the records' key is at hand. */
  get knowsPatients(): boolean {
    return this.#trail.knowsPatients;
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
    const named = { ...rest, subject: subject ? toHex(subject) : null };
    await this.#tryToAppend(this.#refusals.take(named), log);
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

  /**
   * The rows about a patient, by the hub's name for them. No index leads there: all are looked at, so many a call, with
   * a rest for others in between. @throws StoreError
   */
  async find(query: AuditQuery, subject: Uint8Array): Promise<FoundRows> {
    await this.#append(this.#refusals.drain());
    const isTheirs = this.#trail.rowsAbout(subject);
    const found: AuditRow[] = [];
    let after = query.after ?? 0;
    for (let looked = 0; looked < SEARCH_ROWS_MAX; looked += SEARCH_ROWS) {
      const rows = this.#trail.trail.list({ ...query, after, limit: SEARCH_ROWS });
      for (const row of rows) {
        after = row.number;
        if (isTheirs(row)) found.push(row);
        if (found.length === query.limit) return { rows: found, next: after };
      }
      if (rows.length < SEARCH_ROWS) return { rows: found, next: null };
      await setImmediate();
    }
    return { rows: found, next: after };
  }

  async head(): Promise<AuditAnchor> {
    return this.#trail.trail.head();
  }

  async #append(events: readonly NewAuditEvent[]): Promise<void> {
    if (events.length === 0) return;
    await this.#group.write(() => {
      for (const event of events) this.#trail.appendNamed(event);
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
