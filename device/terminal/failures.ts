import { ClockError } from '../../protocol/limbasiya/clock.ts';
import { WIRE_ERROR } from '../../protocol/wire-error.ts';
import { CardeaError } from '../../runtime/errors.ts';
import { HubRefusedError } from '../errors.ts';
import type { Reason } from './sentences.ts';
import type { Event } from './state.ts';

/** What is said of a tap that ended for a reason that needs no more words. */
export function reasonAlone(reason: Reason): string {
  return `the tap ended: ${reason}`;
}

/** The tap ends here, for a reason that has a sentence. */
export class TapRefusedError extends CardeaError {
  readonly code = 'tap-refused';
  readonly reason: Reason;

  constructor(reason: Reason, options?: { readonly cause?: unknown }) {
    super(reasonAlone(reason), options);
    this.reason = reason;
  }
}

/** Codes of errors from the card, the reader and the hub, and what each means to the patient. */
const REASONS: Readonly<Record<string, Reason>> = {
  'card-blank': 'card-blank',
  'empty-card': 'card-blank',
  'card-foreign': 'card-foreign',
  'damaged-card': 'card-damaged',
  'card-unreadable': 'card-unreadable',
  'card-removed': 'card-removed',
  'card-changed': 'card-changed',
  'card-unsupported': 'card-unsupported',
  'card-too-small': 'card-unsupported',
  'card-locked': 'card-write-failed',
  'card-write-failed': 'card-write-failed',
  'suite-refused': 'suite-refused',
  'reader-lost': 'reader-lost',
  'reader-silent': 'reader-lost',
  'reader-failed': 'reader-lost',
  'hub-unreachable': 'hub-unreachable',
  'hub-untrusted': 'hub-untrusted',
  'pin-format': 'pin-format',
  'no-recovery-code': 'no-recovery-code',
  'wrong-recovery-code': 'wrong-recovery-code',
  'recovery-code-format': 'wrong-recovery-code',
  'credentials-format': 'credentials-format',
  'request-refused': 'new-pin-refused',
  'secret-not-given': 'cancelled',
};

/** What did not verify on the way from the hub is a broken connection: a new one is as safe as the first. */
const BROKEN = new Set(['hub-lost', 'malformed', 'authentication', 'unsupported']);

/** What an action that threw means to the terminal. An error that nobody foresaw is the terminal's fault. */
export function failureEvent(error: unknown): Event {
  if (error instanceof TapRefusedError) return { type: 'failed', reason: error.reason };
  if (error instanceof ClockError) {
    return { type: 'failed', reason: 'clocks-differ', clockDifferenceMs: error.difference };
  }
  if (error instanceof HubRefusedError) return refusalEvent(error.wireCode);
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (BROKEN.has(code)) return { type: 'hub-down' };
  return { type: 'failed', reason: REASONS[code] ?? 'terminal-fault' };
}

/** A device shows its own words for a code of the wire (PROTOCOL 2.5). */
function refusalEvent(wireCode: number): Event {
  switch (wireCode) {
    case WIRE_ERROR.timeout:
    case WIRE_ERROR.sessionExpired:
      return { type: 'hub-down' };
    case WIRE_ERROR.busy:
    case WIRE_ERROR.internal:
      return { type: 'failed', reason: 'hub-busy' };
    case WIRE_ERROR.clock:
      return { type: 'failed', reason: 'clocks-differ' };
    case WIRE_ERROR.unsupported:
      return { type: 'failed', reason: 'hub-unsupported' };
    default:
      return { type: 'failed', reason: 'hub-refused' };
  }
}
