import { z } from 'zod';
import { bundle, encounter, newObservation, observation } from '../fhir/resources.ts';
import { hexBytes, memberId, pinVersion, time } from '../rc-api/fields.ts';

const nothing = z.object({});
const suiteName = z.enum(['limbasiya-2021', 'cardea-1']);
/** The last Observation of a page: its time in ms since the epoch, and its number at the hub. */
const summaryPosition = z.string().regex(/^-?[0-9]{1,16}\.[0-9]{1,16}$/, 'what the link of a page says');

/** What a device can ask in a session, and what it is answered (PROTOCOL 2.5, `0x06`, and 2.6). */
export const DATA_METHODS = {
  'session.info': {
    params: nothing,
    result: z.object({
      hubId: memberId,
      location: z.string(),
      /** The patient's name at this hub. */
      subject: hexBytes(16),
      sessionId: hexBytes(16),
      /** By the hub's clock. */
      validUntil: time,
      expiresInSeconds: z.int().min(0),
      /** Wrong tries here since the last right login before this one. */
      failed: z.int().min(0).max(255),
      suite: suiteName,
    }),
  },
  'session.close': { params: nothing, result: nothing },
  /** Begins the session's time anew, as far as the hub's policy goes. */
  'session.renew': {
    params: nothing,
    result: z.object({ validUntil: time, expiresInSeconds: z.int().min(0) }),
  },
  /**
   * The patient's records here: Patient, today's Encounter, and Observations, the latest first; as many of them
   * as fit a frame. The Bundle's link `next` says what `after` gives the next page.
   */
  'patient.summary': {
    params: z.object({ after: summaryPosition.optional() }),
    result: bundle,
  },
  /** Keeps a measurement. Sent again with the same identifier it is answered, and not kept twice. */
  'observation.create': { params: newObservation, result: observation },
  /** Checks the patient in: once a day. The answer to a second time is the first one's. */
  'encounter.checkIn': { params: nothing, result: encounter },
  /** For a new PIN: evaluates under a version never evaluated for before. Once a session. */
  'oprf.evaluate': {
    params: z.object({ blinded: hexBytes(32) }),
    result: z.object({ pinVersion, evaluated: hexBytes(32) }),
  },
  /** The new card key is kept durably before the card is written. */
  'pin.prepare': {
    params: z.object({ pinVersion, cs: hexBytes(32), proof: hexBytes(32) }),
    result: nothing,
  },
  /** The card is written: the new PIN is the one. */
  'pin.changed': {
    params: z.object({ pinVersion }),
    /** `rc`: the RC has heard of it already. */
    result: z.object({ rc: z.boolean() }),
  },
} as const;

export type DataMethod = keyof typeof DATA_METHODS;
export type DataParams<M extends DataMethod> = z.infer<(typeof DATA_METHODS)[M]['params']>;
export type DataResult<M extends DataMethod> = z.infer<(typeof DATA_METHODS)[M]['result']>;

/** Methods that a session on the recovery path allows (PROTOCOL 2.5). */
export const RECOVERY_METHODS: readonly DataMethod[] = [
  'oprf.evaluate',
  'pin.prepare',
  'pin.changed',
  'session.close',
];

/**
 * Methods that a session under limbasiya-2021 allows: no hub has to do with its password. Of the records it
 * reaches those alone that were made under limbasiya-2021 (PROTOCOL 2.5).
 */
export const LIMBASIYA_METHODS: readonly DataMethod[] = [
  'session.info',
  'session.close',
  'session.renew',
  'patient.summary',
  'observation.create',
  'encounter.checkIn',
];

export function isDataMethod(name: string): name is DataMethod {
  return Object.hasOwn(DATA_METHODS, name);
}
