/** `advice`: it works, and could be better. `untested`: nothing is known, and `what` says why. */
export type Verdict = 'fine' | 'advice' | 'wrong' | 'untested';

/** One thing that was looked at, and how it stands. */
export interface Finding {
  /** Stable, for scripts: `serial-port`, `hub-certificate`, … */
  readonly part: string;
  readonly verdict: Verdict;
  /** What was found, in one plain sentence. Nothing secret, and nothing that names a patient. */
  readonly what: string;
  /** What to do about it; there wherever the verdict is `wrong`. */
  readonly remedy?: string;
}

/** An error as it was told: by code, and in words. */
export interface Failure {
  readonly code: string;
  readonly message: string;
}

export function fine(part: string, what: string): Finding {
  return { part, verdict: 'fine', what };
}

export function advice(part: string, what: string, remedy: string): Finding {
  return { part, verdict: 'advice', what, remedy };
}

export function wrong(part: string, what: string, remedy: string): Finding {
  return { part, verdict: 'wrong', what, remedy };
}

export function untested(part: string, what: string, remedy?: string): Finding {
  return { part, verdict: 'untested', what, ...(remedy === undefined ? {} : { remedy }) };
}

/** Errors here say what happened, a colon, and what to do. Where one does not, `otherwise` is the remedy. */
export function wrongBy(part: string, { message }: Failure, otherwise: string): Finding {
  const colon = message.indexOf(': ');
  return colon < 0
    ? wrong(part, message, otherwise)
    : wrong(part, message.slice(0, colon), message.slice(colon + 2));
}

export function failureOf(error: unknown): Failure {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unexpected';
  return { code, message: error instanceof Error ? error.message : String(error) };
}
