/** Days as a clinic counts them: from midnight to midnight in its own time zone. */
export class Calendar {
  readonly #format: Intl.DateTimeFormat;

  /** @param timeZone as the IANA names it: `Asia/Kolkata`. @throws RangeError for one that does not exist */
  constructor(timeZone: string) {
    this.#format = new Intl.DateTimeFormat('en-CA', {
      timeZone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
    });
  }

  /** The day of a moment (ms since the Unix epoch), as YYYY-MM-DD. */
  dayOf(moment: number): string {
    const parts = new Map(this.#format.formatToParts(moment).map(({ type, value }) => [type, value]));
    return `${parts.get('year')?.padStart(4, '0')}-${parts.get('month')}-${parts.get('day')}`;
  }
}

/** The time zone that this machine is set to. */
export function localTimeZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

export function isTimeZone(name: string): boolean {
  try {
    return new Calendar(name) !== undefined;
  } catch {
    return false;
  }
}
