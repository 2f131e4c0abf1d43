import { toHex } from '../../protocol/bytes.ts';
import type { ListedHub } from '../../protocol/limbasiya/list.ts';
import { WIRE_ERROR } from '../../protocol/wire-error.ts';
import { TurnedAwayError } from '../errors.ts';
import { checkLists } from '../feed/list-age.ts';
import type { Questions } from '../feed/questions.ts';
import type { Gate } from '../gate.ts';
import type { HubServices } from '../services.ts';
import { patientOrigin } from '../store/audit.ts';
import type { ListedPatient } from '../store/patients.ts';
import type { PatientList } from './patient-list.ts';

/** What a hub has that accepts limbasiya-2021. */
export interface LimbasiyaService {
  /** The hub as the cards list it. */
  readonly self: Omit<ListedHub, 'address'>;
  /**
   * The patient on the list by the name of `UID`, whose login of the hour is counted; null where there is none.
   * @throws TurnedAwayError where a bound is reached, or the hub takes no logins; StoreError
   */
  admit(UID: Uint8Array): Promise<ListedPatient | null>;
  /** Keeps in the audit trail that this card has proved itself, from the address `source`. @throws StoreError */
  entered(UID: Uint8Array, source: string): Promise<void>;
  isListed(UID: Uint8Array): Promise<boolean>;
  countPatients(): Promise<number>;
}

interface LimbasiyaDeskOptions extends Pick<HubServices, 'store' | 'surroundings' | 'policy'> {
  readonly self: LimbasiyaService['self'];
  readonly list: PatientList;
  readonly questions: Questions;
  readonly gate: Gate;
}

/** The service itself, at the list. */
export class LimbasiyaDesk implements LimbasiyaService {
  readonly #hub: LimbasiyaDeskOptions;

  constructor(hub: LimbasiyaDeskOptions) {
    this.#hub = hub;
  }

  get self(): LimbasiyaService['self'] {
    return this.#hub.self;
  }

  async admit(UID: Uint8Array): Promise<ListedPatient | null> {
    await checkLists(this.#hub);
    const patient = await this.#find(UID);
    if (patient !== null && !this.#hub.gate.takeLogin(toHex(UID))) {
      throw new TurnedAwayError(WIRE_ERROR.busy, 'too many logins', 'a card had its logins of the hour');
    }
    return patient;
  }

  async entered(UID: Uint8Array, source: string): Promise<void> {
    const { list, store, surroundings } = this.#hub;
    const patient = await list.find(UID);
    await store.audit.note({
      ...patientOrigin(surroundings.clock, source),
      action: 'patient.login',
      outcome: 'done',
      subject: patient?.subject,
      detail: 'suite=limbasiya-2021',
    });
  }

  async isListed(UID: Uint8Array): Promise<boolean> {
    return (await this.#hub.list.find(UID)) !== null;
  }

  countPatients(): Promise<number> {
    return this.#hub.list.count();
  }

  /** An unknown `UID` is looked for in the list as it is now, within the bounds of PROTOCOL 2.6. */
  async #find(UID: Uint8Array): Promise<ListedPatient | null> {
    const { list, questions } = this.#hub;
    const patient = await list.find(UID);
    if (patient !== null) return patient;
    await questions.ask(toHex(UID), () => list.refresh());
    return list.find(UID);
  }
}

/** What it means to accept this suite, for the clinic's IT. */
export const WHAT_IT_MEANS =
  'this hub accepts limbasiya-2021 cards, which are for study and migration only: who finds such a card can guess its password offline, every hub and every other such card hold what unmasks it, and a revoked one is let in until this hub next reads its list';
