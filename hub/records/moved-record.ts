import { fromHex } from '../../protocol/bytes.ts';
import { type Encounter, encounter, type Observation, observation } from '../../protocol/fhir/resources.ts';
import type { FormerRecord, MovedRecord } from '../store/former-records.ts';
import type { RecordCipher } from './cipher.ts';
import { dayOfVisit, nameOf, withPlace } from './resources.ts';

/**
 * Where a record goes that was kept before records lay in no order: under other hashes, so that what a disk may still
 * have of the former ones leads nowhere, and sealed anew, a visit with its place in it.
 * @throws StoreCorruptError where it does not open
 */
export function movedRecord(cipher: RecordCipher, former: FormerRecord): MovedRecord {
  const opened = cipher.openFormer(former, former.sealed);
  const visit = encounter.safeParse(opened);
  const record = visit.success ? withPlace(visit.data, former.place) : observation.parse(opened);
  const subject = fromHex(record.subject.identifier.value);
  return {
    slot: cipher.slots(subject)(former.numberOfPatient),
    name: cipher.name(subject, nameOf(record)),
    seal: (place) => cipher.seal(place, record),
    visit: givenPlace(cipher, record, former.place),
  };
}

function givenPlace(
  cipher: RecordCipher,
  record: Encounter | Observation,
  place: number | null,
): MovedRecord['visit'] {
  if (record.resourceType !== 'Encounter' || place === null) return null;
  const queue = cipher.queue(dayOfVisit(record));
  return { ...queue, place, isWaiting: record.status === 'arrived' };
}
