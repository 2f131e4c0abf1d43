import { z } from 'zod';
import { hexBytes, memberId, pinVersion, time } from '../rc-api/fields.ts';

const nothing = z.object({});
const suiteName = z.enum(['limbasiya-2021', 'cardea-1']);

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
 * Methods that a session under limbasiya-2021 allows: it never reaches records made under `cardea-1`, and no hub
 * has to do with its password (PROTOCOL 2.5).
 */
export const LIMBASIYA_METHODS: readonly DataMethod[] = ['session.info', 'session.close'];

export function isDataMethod(name: string): name is DataMethod {
  return Object.hasOwn(DATA_METHODS, name);
}
