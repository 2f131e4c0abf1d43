import { z } from 'zod';

/** Bytes in JSON are lower-case hex of a fixed length (PROTOCOL 2). */
export function hexBytes(length: number): z.ZodString {
  return z.string().regex(new RegExp(`^[0-9a-f]{${2 * length}}$`), `${length} bytes as lower-case hex`);
}

/** A DER structure as lower-case hex, at most 4 KiB. */
export const der = z
  .string()
  .max(8192)
  .regex(/^(?:[0-9a-f]{2})+$/, 'DER as lower-case hex');

export const uid = hexBytes(16);
/** A card's UID under either suite: `cardea-1` has 16 bytes, `limbasiya-2021` 32. */
export const uidOfEitherSuite = z
  .string()
  .regex(/^(?:[0-9a-f]{32}|[0-9a-f]{64})$/, '16 or 32 bytes as lower-case hex');
export const pinVersion = z.int().min(1).max(65_535);
export const epoch = z.int().min(0).max(0xffff_ffff);
export const count = z.int().min(0).max(0xffff_ffff);
/** Milliseconds since the Unix epoch. */
export const time = z.int().min(0);

/** Hub ids, and terminals' and operators' names alike: 3 to 32 of `a-z 0-9 -` (PROTOCOL 2.1). */
export const memberId = z.string().regex(/^[a-z0-9-]{3,32}$/, '3 to 32 of a-z, 0-9 and -');

/** The id of somebody new: one that begins and ends with a letter or a digit, so that it is no option and no line. */
export const newMemberId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{1,30}[a-z0-9]$/, '3 to 32 of a-z, 0-9 and -, the first and the last no -');

export const memberKind = z.enum(['hub', 'device', 'operator']);
export const operatorRole = z.enum(['admin', 'registrar', 'auditor']);
/** Why a card can be revoked. `replaced` is what its successor's registration says, and nobody else. */
export const REVOCATION_REASONS = ['lost', 'stolen', 'deceased', 'other'] as const;
export const revocationReason = z.enum([...REVOCATION_REASONS, 'replaced']);

/** `HOST:PORT`, for a hub's address. */
export const hostPort = z
  .string()
  .max(261)
  .regex(/^(?:[A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\]):[0-9]{1,5}$/, 'HOST:PORT');

/** `HOST:PORT` where somebody can be reached: port 0 is none. */
export const reachableHostPort = z
  .string()
  .max(261)
  .regex(
    /^(?:[A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\]):(?!0+$)(?:[0-9]{1,4}|[0-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$/,
    'HOST:PORT, the port from 1 to 65535',
  );

/**
 * No Cc, Zl, Zp or Bidi_Control of Unicode, written out: not every program that reads the API's document knows them
 * by name.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
const LINE = /^[^\u0000-\u001f\u007f-\u009f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+$/;

/**
 * Half of a surrogate pair: UTF-8 has no bytes for it and writes U+FFFD instead, so that what is kept is not what was
 * sent, and two names may become one. Apart from LINE, since without `u` that would refuse whole pairs too.
 */
const HALF_A_CHARACTER = /\p{Surrogate}/u;

/** Text somebody wrote: one line, and nothing in it that controls a terminal or turns the direction of writing. */
export function line(maximum: number): z.ZodString {
  return z
    .string()
    .min(1)
    .max(maximum)
    .regex(LINE, 'one line of text without control characters')
    .refine((text) => !HALF_A_CHARACTER.test(text), 'text that UTF-8 can write');
}
