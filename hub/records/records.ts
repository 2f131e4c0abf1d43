import { fromHex, toHex } from '../../protocol/bytes.ts';
import {
  type Bundle,
  type Encounter,
  encounter,
  type NewObservation,
  type Observation,
  observation,
  placeOf,
} from '../../protocol/fhir/resources.ts';
import { machineOrigin } from '../../runtime/audit/event.ts';
import type { HubAction } from '../../runtime/audit/hub-actions.ts';
import type { Surroundings } from '../../runtime/surroundings.ts';
import { NotInQueueError, RequestRefusedError } from '../errors.ts';
import { LIMITS, SlidingCounter } from '../limits.ts';
import type { HubAuditEvent, PatientOrigin } from '../store/audit.ts';
import type { DayQueue } from '../store/queue.ts';
import type { NumberedRecord, SealedRecord } from '../store/records.ts';
import type { HubStore } from '../store/store.ts';
import { Calendar } from './calendar.ts';
import type { RecordCipher } from './cipher.ts';
import {
  arrivedEncounter,
  finishedEncounter,
  isOf,
  isSameRecord,
  mayReach,
  nameOf,
  type Owner,
  observationOf,
  patientOf,
  visitName,
  withPlace,
} from './resources.ts';
import { latestFirst, type NumberedObservation, summaryPage } from './summary.ts';

/** Of so many of a patient's latest records a summary is made. */
const SUMMARY_RECORDS = 2_000;
const ID_LENGTH = 16;

/** Whose records, and under which suite, by whom and from where they are asked for. */
export interface RecordsPatient extends Omit<Owner, 'hubId'> {
  readonly origin: PatientOrigin;
}

/** Somebody who waits. */
export interface Waiting {
  /** The number that the patient was given. */
  readonly place: number;
  /** When the patient came, ISO 8601. */
  readonly since: string;
  /** The hub's name for the patient, hex. */
  readonly subject: string;
}

export interface RecordsOptions {
  readonly hubId: string;
  readonly store: Pick<HubStore, 'records' | 'audit'>;
  /** The records' from now on: wiped with them. */
  readonly cipher: RecordCipher;
  /** Whose midnights end a day. */
  readonly timeZone: string;
  readonly surroundings: Pick<Surroundings, 'clock' | 'random'>;
}

/**
 * What patients leave at this hub and find again (PROTOCOL 2.5, DATA). Records hang on the `subject`: a new card
 * finds them. What is taken and given is plain data.
 */
export interface Records {
  /**
   * @param after the page before this one ended there
   * @throws StoreCorruptError for a record that does not open
   */
  summary(patient: RecordsPatient, after?: string): Promise<Bundle>;
  /** Keeps a measurement; the same once more is answered alike. @throws RequestRefusedError, StoreError */
  create(patient: RecordsPatient, sent: NewObservation): Promise<Observation>;
  /** Once a day of the clinic; the second time is answered as the first. @throws RequestRefusedError, StoreError */
  checkIn(patient: RecordsPatient): Promise<Encounter>;
}

/** The records themselves, at the store. */
export class HubRecords implements Records {
  readonly #hubId: string;
  readonly #store: HubStore['records'];
  readonly #audit: HubStore['audit'];
  readonly #cipher: RecordCipher;
  readonly #calendar: Calendar;
  readonly #surroundings: Pick<Surroundings, 'clock' | 'random'>;
  readonly #created = new SlidingCounter({ max: LIMITS.observationsPerPatient, windowMs: LIMITS.hourMs });

  constructor({ hubId, store, cipher, timeZone, surroundings }: RecordsOptions) {
    this.#hubId = hubId;
    this.#store = store.records;
    this.#audit = store.audit;
    this.#cipher = cipher;
    this.#calendar = new Calendar(timeZone);
    this.#surroundings = surroundings;
  }

  async summary(patient: RecordsPatient, after?: string): Promise<Bundle> {
    const rows = await this.#store.ofPatient(this.#cipher.slots(patient.subject), SUMMARY_RECORDS);
    const isTheirs = isOf(patient.subject);
    const observations = rows
      .flatMap((row) => this.#numbered(row))
      .filter(({ observation: one }) => isTheirs(one) && mayReach(patient.suite, one));
    const visit = await this.#openVisit(patient);
    await this.#audit.note(eventOf(patient, 'record.read'));
    const first = [patientOf({ ...patient, hubId: this.#hubId }), ...(visit === null ? [] : [visit])];
    return summaryPage(first, latestFirst(observations), after);
  }

  async create(patient: RecordsPatient, sent: NewObservation): Promise<Observation> {
    const owner = { ...patient, hubId: this.#hubId };
    const made = observationOf(owner, toHex(this.#surroundings.random(ID_LENGTH)), sent);
    this.#check(made, sent);
    const name = this.#cipher.name(patient.subject, nameOf(made));
    const known = await this.#store.find(name);
    if (known !== null) return sameOrConflict(this.#openObservation(known), made);
    if (!this.#created.take(toHex(patient.subject), this.#surroundings.clock.monotonic())) {
      throw new RequestRefusedError('busy', 'too many measurements of one patient: try again in an hour');
    }
    const { record, isNew } = await this.#store.keep(
      {
        name,
        slots: this.#cipher.slots(patient.subject),
        seal: (place) => this.#cipher.seal(place, made),
      },
      eventOf(patient, 'record.written', 'type=observation'),
    );
    return isNew ? made : sameOrConflict(this.#openObservation(record), made);
  }

  async checkIn(patient: RecordsPatient): Promise<Encounter> {
    const { clock, random } = this.#surroundings;
    const now = clock.now();
    const day = this.#calendar.dayOf(now);
    const owner = { ...patient, hubId: this.#hubId };
    const made = arrivedEncounter(owner, toHex(random(ID_LENGTH)), day, now);
    const { record } = await this.#store.admit(
      {
        ...this.#cipher.queue(day),
        name: this.#cipher.name(patient.subject, visitName(day)),
        slots: this.#cipher.slots(patient.subject),
        seal: (place, queuePlace) => this.#cipher.seal(place, withPlace(made, queuePlace)),
      },
      eventOf(patient, 'record.written', 'type=encounter'),
    );
    const kept = this.#openEncounter(record);
    if (!mayReach(patient.suite, kept)) {
      throw new RequestRefusedError('conflict', 'the patient was checked in today with another card');
    }
    return kept;
  }

  /** Who waits today, in order. */
  async queue(): Promise<Waiting[]> {
    const { clock } = this.#surroundings;
    await this.#audit.note({ ...machineOrigin(clock), action: 'queue.read', outcome: 'done' });
    const visits = await this.#store.visits(this.#today());
    return visits
      .map((visit) => this.#openEncounter(visit))
      .filter(({ status }) => status === 'arrived')
      .map((visit) => ({
        place: placeOf(visit) ?? 0,
        since: visit.period.start,
        subject: visit.subject.identifier.value,
      }))
      .sort((one, other) => one.place - other.place);
  }

  countWaiting(): Promise<number> {
    return this.#store.countWaiting(this.#today().day);
  }

  /**
   * The visit at `place` in today's queue is over. @returns false where it was already
   * @throws NotInQueueError
   */
  async done(place: number): Promise<boolean> {
    const { day, queuePlaces } = this.#today();
    const found = await this.#store.visitAt(queuePlaces(place));
    if (found === null) {
      throw new NotInQueueError(`nobody has number ${place} today: "cardea-hub queue" says who waits`);
    }
    const visit = this.#openEncounter(found);
    if (visit.status !== 'arrived') return false;
    const { clock } = this.#surroundings;
    return this.#store.leave(day, found, this.#cipher.seal(found, finishedEncounter(visit, clock.now())), {
      ...machineOrigin(clock),
      action: 'queue.done',
      outcome: 'done',
      subject: fromHex(visit.subject.identifier.value),
    });
  }

  close(): void {
    this.#cipher.wipe();
  }

  #today(): DayQueue {
    return this.#cipher.queue(this.#calendar.dayOf(this.#surroundings.clock.now()));
  }

  async #openVisit(patient: RecordsPatient): Promise<Encounter | null> {
    const day = this.#calendar.dayOf(this.#surroundings.clock.now());
    const found = await this.#store.find(this.#cipher.name(patient.subject, visitName(day)));
    if (found === null) return null;
    const kept = this.#openEncounter(found);
    return kept.status === 'arrived' && mayReach(patient.suite, kept) ? kept : null;
  }

  /** None where it is no Observation. */
  #numbered(row: NumberedRecord): NumberedObservation[] {
    const parsed = observation.safeParse(this.#cipher.open(row, row.sealed));
    if (!parsed.success) return [];
    const time = Date.parse(parsed.data.effectiveDateTime);
    return [{ number: row.number, time, observation: parsed.data }];
  }

  #openObservation(row: SealedRecord): Observation {
    return observation.parse(this.#cipher.open(row, row.sealed));
  }

  #openEncounter(row: SealedRecord): Encounter {
    return encounter.parse(this.#cipher.open(row, row.sealed));
  }

  /** What the schema cannot know: whose session it is, and what time. */
  #check(made: Observation, { subject, effectiveDateTime }: NewObservation): void {
    const { system, value } = made.subject.identifier;
    const asked = subject?.identifier;
    if (asked !== undefined && (asked.system !== system || asked.value !== value)) {
      throw new RequestRefusedError('params-invalid', 'the subject is not the patient of this session');
    }
    if (Date.parse(effectiveDateTime) > this.#surroundings.clock.now() + LIMITS.aheadMs) {
      throw new RequestRefusedError('params-invalid', 'effectiveDateTime is in the future: set the clock');
    }
  }
}

function sameOrConflict(kept: Observation, sent: Observation): Observation {
  if (isSameRecord(kept, sent)) return kept;
  throw new RequestRefusedError('conflict', 'another measurement has this identifier');
}

function eventOf({ subject, origin }: RecordsPatient, action: HubAction, detail?: string): HubAuditEvent {
  return { ...origin, action, outcome: 'done', subject, detail: detail ?? null };
}
