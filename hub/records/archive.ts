import { fromHex, toHex } from '../../protocol/bytes.ts';
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
import type { SealedRecord } from '../store/records.ts';
import type { HubStore } from '../store/store.ts';
import { Calendar } from './calendar.ts';
import type { RecordCipher } from './cipher.ts';
import { dayOfVisit, isSameRecord, nameOf, patientOf, withPlace } from './resources.ts';

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
const PAGE_RECORDS = 2_000;
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

  async #page(after: string | null): Promise<ArchivePage<Bundle>> {
    const from = after === null ? new Uint8Array(0) : fromHex(after);
    const patients = await this.#store.patients(from, PAGE_PATIENTS);
    const items: Bundle[] = [];
    let records = 0;
    let last: Uint8Array | undefined;
    for (const patient of patients) {
      const one = await this.#bundleOf(patient);
      items.push(one);
      records += one.entry.length;
      last = patient;
      if (records >= PAGE_RECORDS) break;
    }
    const isEnd = last === undefined || (items.length === patients.length && patients.length < PAGE_PATIENTS);
    return { items, next: isEnd || last === undefined ? null : toHex(last) };
  }

  /** Keeps what is not kept here yet. @throws BundleRefusedError, and then nothing of it was kept */
  async import(content: unknown): Promise<Imported> {
    const { subject, records } = this.#checked(content);
    const outcomes = { added: 0, known: 0, differing: 0 };
    for (const record of records) outcomes[await this.#keep(subject, record)] += 1;
    return outcomes;
  }

  async #bundleOf(patient: Uint8Array): Promise<Bundle> {
    const rows = await this.#store.ofPatient(patient, Number.MAX_SAFE_INTEGER);
    const records: (Observation | Encounter)[] = [];
    for (const row of rows.reverse()) records.push(await this.#open(row));
    const [first] = records;
    const subject = fromHex(first?.subject.identifier.value ?? '');
    const resources = [patientOf({ hubId: this.#hubId, subject }), ...records];
    return {
      resourceType: 'Bundle',
      type: 'collection',
      entry: resources.map((resource) => ({ resource })),
    };
  }

  async #open(row: SealedRecord): Promise<Observation | Encounter> {
    const opened = this.#cipher.open(row, row.sealed);
    const visit = encounter.safeParse(opened);
    if (!visit.success) return observation.parse(opened);
    return withPlace(visit.data, (await this.#store.find(row.name))?.place ?? null);
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
    const place = this.#cipher.place(subject, nameOf(record));
    const event: HubAuditEvent = {
      ...machineOrigin(this.#clock),
      action: 'records.imported',
      outcome: 'done',
      subject,
      detail: `type=${record.resourceType.toLowerCase()}`,
    };
    if (record.resourceType === 'Observation') {
      return this.#outcome(
        await this.#store.keep({ ...place, sealed: this.#cipher.seal(place, record) }, event),
        record,
      );
    }
    const { extension: _, ...visit } = record;
    const kept = { ...place, sealed: this.#cipher.seal(place, visit) };
    const today = this.#calendar.dayOf(this.#clock.now());
    if (record.status !== 'arrived' || dayOfVisit(record) !== today) {
      return this.#outcome(await this.#store.keep(kept, event), record);
    }
    const wanted = placeOf(record) ?? undefined;
    return this.#outcome(await this.#store.admit(kept, this.#cipher.day(today), event, wanted), record);
  }

  #outcome(
    { record, isNew }: { readonly record: SealedRecord; readonly isNew: boolean },
    given: Observation | Encounter,
  ): keyof Imported {
    if (isNew) return 'added';
    const opened = this.#cipher.open(record, record.sealed);
    const kept = given.resourceType === 'Observation' ? observation.parse(opened) : encounter.parse(opened);
    return isSameRecord(kept, given) ? 'known' : 'differing';
  }
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
