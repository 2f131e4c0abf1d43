import type { DataMethod, DataParams, DataResult } from '../../../protocol/data/methods.ts';
import type { ConnectionServices } from '../../services.ts';
import type { Session } from '../session.ts';
import { encounterCheckIn } from './encounter-check-in.ts';
import { observationCreate } from './observation-create.ts';
import { oprfEvaluate } from './oprf-evaluate.ts';
import { patientSummary } from './patient-summary.ts';
import { pinChanged } from './pin-changed.ts';
import { pinPrepare } from './pin-prepare.ts';
import { sessionClose } from './session-close.ts';
import { sessionInfo } from './session-info.ts';
import { sessionRenew } from './session-renew.ts';

/** Answers one request of a session. @throws RequestRefusedError for an answer that says no */
export type Method<M extends DataMethod> = (
  hub: ConnectionServices,
  session: Session,
  params: DataParams<M>,
) => Promise<DataResult<M>>;

/** All that can be asked in a session, by its name on the wire. */
export const METHODS: { readonly [M in DataMethod]: Method<M> } = {
  'session.info': sessionInfo,
  'session.close': sessionClose,
  'session.renew': sessionRenew,
  'patient.summary': patientSummary,
  'observation.create': observationCreate,
  'encounter.checkIn': encounterCheckIn,
  'oprf.evaluate': oprfEvaluate,
  'pin.prepare': pinPrepare,
  'pin.changed': pinChanged,
};
