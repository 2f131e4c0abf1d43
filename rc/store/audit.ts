import type { AuditAnchor, AuditRow } from '../../runtime/audit/chain.ts';
import { type AuditOrigin, machineOrigin, type NewAuditEvent } from '../../runtime/audit/event.ts';
import { RepeatedEvents } from '../../runtime/audit/repeats.ts';
import type { AuditQuery, AuditTrail } from '../../runtime/audit/trail.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { GroupCommit } from '../../runtime/group-commit.ts';
import type { Log } from '../../runtime/log.ts';
import type { RcAction } from '../audit-actions.ts';

/** A member of the network who does something. */
export interface MemberOrigin extends AuditOrigin {
  readonly by: string;
}

/** An event of the registration centre's. */
export type RcAuditEvent = NewAuditEvent & { readonly action: RcAction };

/** The registration centre's audit trail, to be read and for what changes nothing else in the store. */
export class RcAudit {
  readonly #group: GroupCommit;
  readonly #trail: AuditTrail;
  readonly #refusals = new RepeatedEvents();

  constructor(group: GroupCommit, trail: AuditTrail) {
    this.#group = group;
    this.#trail = trail;
  }

  /** Keeps something that was revealed, or done elsewhere than in the store; it is on the disk when this resolves. */
  note(event: RcAuditEvent): Promise<void> {
    return this.#group.write(() => this.#trail.append(event));
  }

  /**
   * Keeps a refusal. Where the same comes again and again, it is counted (`RepeatedEvents`). It changed nothing,
   * so that it stands also where it cannot be written: the log says so then.
   */
  async noteRefusal(event: RcAuditEvent, log: Log): Promise<void> {
    await this.#tryToAppend(this.#refusals.take(event), event, log);
  }

  /**
   * Keeps that the service began or ended, and before its end what was counted and is not written yet; a full disk
   * keeps nobody from either.
   */
  async noteService(action: 'service.started' | 'service.stopped', clock: Clock, log: Log): Promise<void> {
    const event = { ...machineOrigin(clock), action, outcome: 'done' };
    const counted = action === 'service.stopped' ? this.#refusals.drain() : [];
    await this.#tryToAppend([...counted, event], event, log);
  }

  async list(query: AuditQuery): Promise<readonly AuditRow[]> {
    await this.#append(this.#refusals.drain());
    return this.#trail.list(query);
  }

  async head(): Promise<AuditAnchor> {
    return this.#trail.head();
  }

  async #tryToAppend(
    events: readonly NewAuditEvent[],
    { action, outcome }: NewAuditEvent,
    log: Log,
  ): Promise<void> {
    try {
      await this.#append(events);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      log.error('the audit trail could not be written', { action, outcome, reason });
    }
  }

  async #append(events: readonly NewAuditEvent[]): Promise<void> {
    if (events.length === 0) return;
    await this.#group.write(() => {
      for (const event of events) this.#trail.append(event);
    });
  }
}
