import { RcUnreachableError } from '../../certs/rc-errors.ts';
import { fromHex, toHex } from '../../protocol/bytes.ts';
import type { Primitives } from '../../protocol/crypto/primitives.ts';
import { computeOmega, type HubIdentity } from '../../protocol/limbasiya/updation.ts';
import type { HubPatientsRequest, HubPatientsResponse } from '../../protocol/rc-api/limbasiya.ts';
import type { Surroundings } from '../../runtime/surroundings.ts';
import type { Reach } from '../feed/reach.ts';
import type { ListedPatient } from '../store/patients.ts';
import type { HubStore } from '../store/store.ts';

/** What a hub asks of the RC under this suite; `RcClient` in life. */
export interface LimbasiyaRc {
  hubPatients(request: HubPatientsRequest): Promise<HubPatientsResponse>;
}

/**
 * The hub's list of `(UID_i, C_i)`, which it asks for with `ω` (PROTOCOL 1.3). There is no feed under this
 * suite: until it is asked for again, a revoked card stays on it.
 */
export class PatientList {
  readonly #rc: LimbasiyaRc;
  readonly #identity: HubIdentity;
  readonly #patients: HubStore['patients'];
  readonly #primitives: Primitives;
  readonly #surroundings: Surroundings;
  readonly #reach: Reach;
  readonly #onGone: (uids: readonly Uint8Array[]) => void;
  #turn: Promise<void> = Promise.resolve();
  #isNextDue = false;

  constructor(options: {
    readonly rc: LimbasiyaRc;
    readonly identity: HubIdentity;
    readonly patients: HubStore['patients'];
    readonly primitives: Primitives;
    readonly surroundings: Surroundings;
    readonly reach: Reach;
    /** Told of the cards that are not on the list any more. */
    readonly onGone: (uids: readonly Uint8Array[]) => void;
  }) {
    this.#rc = options.rc;
    this.#identity = options.identity;
    this.#patients = options.patients;
    this.#primitives = options.primitives;
    this.#surroundings = options.surroundings;
    this.#reach = options.reach;
    this.#onGone = options.onGone;
  }

  find(UID: Uint8Array): Promise<ListedPatient | null> {
    return this.#patients.find(UID);
  }

  count(): Promise<number> {
    return this.#patients.count();
  }

  /**
   * Asks for the list as it is at this moment; those who ask while it comes wait for the same next one, and an
   * older list never takes a newer one's place. Never rejects: without an answer the hub works on with the old
   * list.
   */
  refresh(): Promise<void> {
    if (!this.#isNextDue) {
      this.#isNextDue = true;
      this.#turn = this.#turn.then(() => {
        this.#isNextDue = false;
        return this.#refresh();
      });
    }
    return this.#turn;
  }

  async #refresh(): Promise<void> {
    const { log } = this.#surroundings;
    try {
      const patients = await this.#ask();
      this.#reach.succeeded();
      this.#onGone(await this.#patients.replaceAll(patients));
      log.info('the limbasiya-2021 list was read', { patients: patients.length });
    } catch (cause) {
      const isAway = cause instanceof RcUnreachableError;
      if (isAway) this.#reach.failed();
      const reason = cause instanceof Error ? cause.message : String(cause);
      log.warn('the limbasiya-2021 list cannot be read: the old one serves on', { reason });
    }
  }

  async #ask(): Promise<ListedPatient[]> {
    const patients: ListedPatient[] = [];
    for (let after: number | null = 0; after !== null; ) {
      const time = this.#surroundings.clock.now();
      const omega = toHex(computeOmega(this.#primitives, this.#identity, time));
      const page: HubPatientsResponse = await this.#rc.hubPatients({ omega, time, after });
      for (const { uid, c, subject } of page.patients) {
        patients.push({ UID: fromHex(uid), C: fromHex(c), subject: fromHex(subject) });
      }
      after = page.next;
    }
    return patients;
  }
}
