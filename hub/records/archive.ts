// No timer: the end of the event loop's turn, not a moment in time.
import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import { fromHex } from '../../protocol/bytes.ts';
import { subjectReference } from '../../protocol/fhir/fields.ts';
import {
  type Bundle,
  bundle,
  type Encounter,
  encounter,
  type Observation,
  observation,
  type Patient,
  placeOf,
} from '../../protocol/fhir/resources.ts';
import { hubOfSubjectSystem, subjectSystem, VISIT_DAY } from '../../protocol/fhir/systems.ts';
import { machineOrigin } from '../../runtime/audit/event.ts';
import type { Clock } from '../../runtime/clock.ts';
import { BundleRefusedError } from '../errors.ts';
import type { HubAuditEvent } from '../store/audit.ts';
import type { Kept, RecordPlace, SealedRecord } from '../store/records.ts';
import type { HubStore } from '../store/store.ts';
import { Calendar } from './calendar.ts';
import type { RecordCipher } from './cipher.ts';
import { dayOfVisit, isOf, isSameRecord, nameOf, patientOf, withPlace } from './resources.ts';

/** What a patient has here. */
export interface PatientRecords {
  /** The hub's name for the patient, hex. */
  readonly subject: string;
  readonly observations: number;
  readonly encounters: number;
  /** Of the latest record: when it was measured, or the visit began. ISO 8601. */
  readonly latest: string;
}

/** Some of the patients; `next` is what to ask on with, null at the end. */
export interface ArchivePage<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

/** What came of the records of a Bundle. `differing`: kept as they were, since the Bundle says something else of them. */
export interface Imported {
  readonly added: number;
  readonly known: number;
  readonly differing: number;
}

const PAGE_PATIENTS = 50;
/** Of one page so many are opened, and a patient's last ones. */
const PAGE_RECORDS = 4_000;
/** After so many, whoever waits has their turn. */
const STEP_RECORDS = 200;
const BEFORE_ALL = -1n;
/** Of any record. */
const owned = z.object({ subject: subjectReference });
const SUBJECT = /^[0-9a-f]{32}$/;
const DAY = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/;

/** All records of a hub, to be listed, taken elsewhere and brought back: each patient's as one Bundle. */
export class Archive {
  readonly #hubId: string;
  readonly #store: HubStore['records'];
  readonly #audit: HubStore['audit'];
  readonly #cipher: RecordCipher;
  readonly #calendar: Calendar;
  readonly #clock: Clock;

  constructor(options: {
    readonly hubId: string;
    readonly store: Pick<HubStore, 'records' | 'audit'>;
    readonly cipher: RecordCipher;
    readonly timeZone: string;
    readonly clock: Clock;
  }) {
    this.#hubId = options.hubId;
    this.#store = options.store.records;
    this.#audit = options.store.audit;
    this.#cipher = options.cipher;
    this.#calendar = new Calendar(options.timeZone);
    this.#clock = options.clock;
  }

  /** @param after `next` of the page before */
  async list(after: string | null): Promise<ArchivePage<PatientRecords>> {
    await this.#note('records.listed', after);
    const page = await this.#page(after);
    return { ...page, items: page.items.map(summed) };
  }

  /** Each patient's records, the oldest first, as one Bundle. @param after `next` of the page before */
  async export(after: string | null): Promise<ArchivePage<Bundle>> {
    await this.#note('records.exported', after);
    return this.#page(after);
  }

  /** Once for all pages. */
  async #note(action: 'records.listed' | 'records.exported', after: string | null): Promise<void> {
    if (after !== null) return;
    await this.#audit.note({ ...machineOrigin(this.#clock), action, outcome: 'done' });
  }

  /** Nothing in the clear tells who has records: all are opened, and each patient is found by the first of theirs. */
  async #page(after: string | null): Promise<ArchivePage<Bundle>> {
    const items: Bundle[] = [];
    let last = after === null ? BEFORE_ALL : BigInt(`0x${after}`);
    let opened = 0;
    for (;;) {
      const rows = await this.#store.page(last, STEP_RECORDS);
      for (const row of rows) {
        last = row.slot;
        opened += 1;
        const subject = this.#whoseFirst(row);
        if (subject !== null) {
          const one = await this.#bundleOf(subject);
          items.push(one);
          opened += one.entry.length;
        }
        if (items.length === PAGE_PATIENTS || opened >= PAGE_RECORDS) return { items, next: hexOf(last) };
      }
      if (rows.length < STEP_RECORDS) return { items, next: null };
      await setImmediate();
    }
  }

  /** Keeps what is not kept here yet. @throws BundleRefusedError, and then nothing of it was kept */
  async import(content: unknown): Promise<Imported> {
    const { subject, records } = this.#checked(content);
    const outcomes = { added: 0, known: 0, differing: 0 };
    for (const record of records) outcomes[await this.#keep(subject, record)] += 1;
    return outcomes;
  }

  /** The patient whose first record this is; null where it is another. */
  #whoseFirst(row: SealedRecord): Uint8Array | null {
    const { subject } = owned.parse(this.#cipher.open(row, row.sealed));
    const bytes = fromHex(subject.identifier.value);
    return this.#cipher.slots(bytes)(1) === row.slot ? bytes : null;
  }

  async #bundleOf(subject: Uint8Array): Promise<Bundle> {
    const rows = await this.#store.ofPatient(this.#cipher.slots(subject), Number.MAX_SAFE_INTEGER);
    const records = rows
      .reverse()
      .map((row) => this.#open(row))
      .filter(isOf(subject));
    const resources = [patientOf({ hubId: this.#hubId, subject }), ...records];
    return {
      resourceType: 'Bundle',
      type: 'collection',
      entry: resources.map((resource) => ({ resource })),
    };
  }

  #open(row: SealedRecord): Observation | Encounter {
    const opened = this.#cipher.open(row, row.sealed);
    const visit = encounter.safeParse(opened);
    return visit.success ? visit.data : observation.parse(opened);
  }

  #checked(content: unknown): { subject: Uint8Array; records: (Observation | Encounter)[] } {
    const parsed = bundle.safeParse(content);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      const at = issue?.path.join('.') || 'Bundle';
      throw new BundleRefusedError(`${at} is not what it should be: ${issue?.message ?? 'no Bundle'}`);
    }
    const resources = parsed.data.entry.map(({ resource }) => resource);
    const patients = resources.filter((resource) => resource.resourceType === 'Patient');
    const [patient] = patients;
    if (patient === undefined || patients.length > 1) throw new BundleRefusedError('it has not one Patient');
    const subject = this.#subjectOf(patient);
    const records = resources.filter((resource) => resource.resourceType !== 'Patient');
    for (const record of records) this.#checkRecord(record, subject);
    return { subject: fromHex(subject), records };
  }

  #subjectOf({ identifier }: Patient): string {
    const [first] = identifier;
    const hub = hubOfSubjectSystem(first?.system ?? '');
    if (first === undefined || hub === null || !SUBJECT.test(first.value)) {
      throw new BundleRefusedError("its Patient's identifier is no hub's name for a patient");
    }
    if (hub !== this.#hubId) {
      throw new BundleRefusedError(
        `it is of the hub ${hub}: this is ${this.#hubId}, where the same patient has another name`,
      );
    }
    return first.value;
  }

  #checkRecord(record: Observation | Encounter, subject: string): void {
    const { system, value } = record.subject.identifier;
    if (system !== subjectSystem(this.#hubId) || value !== subject) {
      throw new BundleRefusedError(`its ${record.resourceType} ${record.id} is of another patient`);
    }
    if (record.resourceType === 'Observation') return;
    const [day] = record.identifier;
    if (day?.system !== VISIT_DAY || !DAY.test(day.value)) {
      throw new BundleRefusedError(`its Encounter ${record.id} has no day`);
    }
  }

  async #keep(subject: Uint8Array, record: Observation | Encounter): Promise<keyof Imported> {
    const event: HubAuditEvent = {
      ...machineOrigin(this.#clock),
      action: 'records.imported',
      outcome: 'done',
      subject,
      detail: `type=${record.resourceType.toLowerCase()}`,
    };
    const kept = {
      name: this.#cipher.name(subject, nameOf(record)),
      slots: this.#cipher.slots(subject),
    };
    const today = this.#calendar.dayOf(this.#clock.now());
    if (record.resourceType === 'Encounter' && record.status === 'arrived' && dayOfVisit(record) === today) {
      const seal = (place: RecordPlace, queuePlace: number) =>
        this.#cipher.seal(place, withPlace(record, queuePlace));
      const wanted = placeOf(record) ?? undefined;
      const visit = { ...this.#cipher.queue(today), ...kept, seal, wanted };
      return this.#outcome(await this.#store.admit(visit, event), record);
    }
    // Whoever is in no queue here has no number in one.
    const unplaced = record.resourceType === 'Encounter' ? { ...record, extension: undefined } : record;
    const seal = (place: RecordPlace) => this.#cipher.seal(place, unplaced);
    return this.#outcome(await this.#store.keep({ ...kept, seal }, event), record);
  }

  #outcome({ record, isNew }: Kept, given: Observation | Encounter): keyof Imported {
    if (isNew) return 'added';
    return isSameRecord(this.#open(record), given) ? 'known' : 'differing';
  }
}

/** As the `next` of a page. */
function hexOf(slot: bigint): string {
  return slot.toString(16).padStart(16, '0');
}

function summed({ entry }: Bundle): PatientRecords {
  const records = entry.flatMap(({ resource }) => (resource.resourceType === 'Patient' ? [] : [resource]));
  const times = records.map((record) =>
    record.resourceType === 'Observation' ? record.effectiveDateTime : record.period.start,
  );
  const [latest = ''] = times.sort((one, other) => Date.parse(other) - Date.parse(one));
  return {
    subject: records[0]?.subject.identifier.value ?? '',
    observations: records.filter(({ resourceType }) => resourceType === 'Observation').length,
    encounters: records.filter(({ resourceType }) => resourceType === 'Encounter').length,
    latest,
  };
}
