import { fromHex } from '../../protocol/bytes.ts';
import type { RegistrationCompletion } from '../../protocol/rc-api/cards.ts';
import type { CardsPatient } from '../store/patients.ts';
import type { RcContext } from './context.ts';

const ID_BYTES = 16;

/** Whose card is registered: an id of the registry's, or notes on somebody new, who gets one. */
export function patientOf(
  patient: RegistrationCompletion['patient'],
  random: RcContext['random'],
): CardsPatient {
  if ('id' in patient) return { existing: fromHex(patient.id) };
  return {
    id: random(ID_BYTES),
    name: patient.name.normalize('NFC'),
    record: patient.record?.normalize('NFC') ?? null,
  };
}
