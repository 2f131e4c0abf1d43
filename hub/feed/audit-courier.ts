import { RcRefusedError, RcUnreachableError } from '../../certs/rc-errors.ts';
import type { AuditAnchor } from '../../runtime/audit/chain.ts';
import { anchorFromWire, anchorToWire, DELIVERY_MAX, rowToWire } from '../../runtime/audit/wire.ts';
import { sleep } from '../../runtime/clock.ts';
import type { Surroundings } from '../../runtime/surroundings.ts';
import type { HubStore } from '../store/store.ts';
import type { Rc } from './rc.ts';
import { Backoff } from './reach.ts';

/** So long rows gather before they are told of together. */
const GATHER_MS = 30_000;

/**
 * Tells the RC of the hub's audit trail: every row once, in order, in batches, however long the RC was away. What has
 * been told nobody who gets hold of the hub can take back.
 */
export class AuditCourier {
  readonly #rc: Pick<Rc, 'tellAudit'>;
  readonly #outbox: HubStore['auditOutbox'];
  readonly #surroundings: Surroundings;

  constructor(options: {
    readonly rc: Pick<Rc, 'tellAudit'>;
    readonly outbox: HubStore['auditOutbox'];
    readonly surroundings: Surroundings;
  }) {
    this.#rc = options.rc;
    this.#outbox = options.outbox;
    this.#surroundings = options.surroundings;
  }

  /** Delivers every half minute, until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const backoff = new Backoff(this.#surroundings);
    while (!signal.aborted) {
      if (await this.deliver(signal)) {
        backoff.reset();
        await sleep(this.#surroundings.clock, GATHER_MS, signal).catch(() => {});
      } else {
        await backoff.pause(signal).catch(() => {});
      }
    }
  }

  /** Delivers what there is at this moment. @returns whether the RC has all of it. Never rejects. */
  async deliver(signal?: AbortSignal): Promise<boolean> {
    try {
      while (!signal?.aborted) {
        if (await this.#deliverNext()) return true;
      }
      return false;
    } catch (cause) {
      const { log } = this.#surroundings;
      const reason = reasonOf(cause);
      if (cause instanceof RcUnreachableError) {
        log.info('the registration centre was not told of the audit trail yet', { reason });
      } else {
        log.warn('telling the registration centre of the audit trail failed', { reason });
      }
      return false;
    }
  }

  /** @returns whether there was nothing left to tell */
  async #deliverNext(): Promise<boolean> {
    const { after, rows } = await this.#outbox.next(DELIVERY_MAX);
    const last = rows.at(-1);
    if (last === undefined) return true;
    const { kept, head } = await this.#rc.tellAudit({
      after: anchorToWire(after),
      rows: rows.map(rowToWire),
    });
    if (kept) {
      await this.#outbox.deliveredUpTo(last.number);
      return false;
    }
    await this.#goBack(after.number, anchorFromWire(head));
    return false;
  }

  /** The RC was restored, and has not the row that it had: on from the last that both have, or from the beginning. */
  async #goBack(from: number, head: AuditAnchor): Promise<void> {
    if (from === 0) throw new Error('the registration centre takes no first row of the trail');
    const isCommon = head.number < from && (await this.#outbox.isOurs(head));
    await this.#outbox.deliveredUpTo(isCommon ? head.number : 0);
  }
}

/** What a registration centre says that knows of no hub's trail: it reads its own there, and takes no body as long. */
const OF_BEFORE: ReadonlySet<string> = new Set(['method-not-allowed', 'body-too-large']);

function reasonOf(cause: unknown): string {
  if (cause instanceof RcRefusedError && OF_BEFORE.has(cause.problemCode)) {
    return `${cause.message}: it is of an older version, which takes no audit trail of hubs: update it; the rows wait here until then`;
  }
  return cause instanceof Error ? cause.message : String(cause);
}
