import { CardeaError } from '../runtime/errors.ts';
import type { Membership } from './store/members.ts';

/** Why the registration centre refuses a request, and the HTTP status that says so (RFC 9457). */
export const REFUSALS = {
  'request-malformed': 400,
  'certificate-required': 401,
  'certificate-unknown': 401,
  'certificate-expired': 401,
  'member-revoked': 403,
  'not-allowed': 403,
  'token-refused': 403,
  'proof-refused': 403,
  'route-unknown': 404,
  'method-not-allowed': 405,
  'card-unknown': 404,
  'patient-unknown': 404,
  'member-unknown': 404,
  'member-self': 409,
  'registration-unknown': 404,
  'id-taken': 409,
  'key-taken': 409,
  'certificates-too-many': 409,
  'uid-taken': 409,
  'location-too-long': 409,
  'hub-not-registered': 409,
  'clocks-differ': 409,
  'registration-conflict': 409,
  'record-taken': 409,
  'card-replaced': 409,
  'card-revoked': 409,
  'card-copied': 409,
  'card-without-locks': 409,
  'authority-in-use': 409,
  'rotation-conflict': 409,
  'secret-place': 409,
  'body-too-large': 413,
  'media-type-unsupported': 415,
  'audit-broken': 409,
  'requests-too-many': 429,
} as const;

export type RefusalCode = keyof typeof REFUSALS;

/** A request that the registration centre does not grant. The message may be shown to whoever asked. */
export class RefusedError extends CardeaError {
  readonly code: RefusalCode;
  /** Who asked, where that is known before they are let in. */
  readonly by: Membership | null;
  /** What only the operator is told, in the audit trail: which member it is about, and why. */
  readonly about: { readonly member: string | null; readonly detail: string } | null;
  /** For whoever asked too often. */
  readonly retryAfterSeconds: number | null;

  constructor(
    code: RefusalCode,
    message: string,
    options: {
      readonly cause?: unknown;
      readonly by?: Membership;
      readonly retryAfterSeconds?: number;
      readonly about?: RefusedError['about'];
    } = {},
  ) {
    super(message, options);
    this.code = code;
    this.by = options.by ?? null;
    this.about = options.about ?? null;
    this.retryAfterSeconds = options.retryAfterSeconds ?? null;
  }
}
