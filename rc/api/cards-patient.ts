import { fromHex } from '../../protocol/bytes.ts';
import type { RegistrationCompletion } from '../../protocol/rc-api/cards.ts';
import { RefusedError } from '../errors.ts';
import type { CardsPatient, PatientFault } from '../store/patients.ts';
import type { RcContext } from './context.ts';

const ID_BYTES = 16;

/** Whose card is registered: an id of the registry's, or notes on somebody new, who gets one. */
export function patientOf(
  patient: RegistrationCompletion['patient'],
  random: RcContext['random'],
): CardsPatient {
  if ('id' in patient) {
    const { id, replaces } = patient;
    return { existing: fromHex(id), replaces: replaces === undefined ? undefined : fromHex(replaces) };
  }
  return {
    id: random(ID_BYTES),
    name: patient.name.normalize('NFC'),
    record: patient.record?.normalize('NFC') ?? null,
    sameRecord: patient.sameRecord,
  };
}

/** What to tell an operator whose card cannot be this patient's. */
export function refusePatient(fault: PatientFault): RefusedError {
  switch (fault) {
    case 'patient unknown':
      return new RefusedError('patient-unknown', 'no patient has this id: look the patient up again');
    case 'record taken':
      return new RefusedError(
        'record-taken',
        'a patient with this record number is registered already: look them up, and replace their card; or say that it is another patient with the same number',
      );
    case 'card replaced':
      return new RefusedError(
        'card-replaced',
        'the patient has got a newer card meanwhile: look the patient up again',
      );
  }
}
