/** What may stand in a log line beside its text. Never a secret, a PIN, a key, or a patient's name. */
export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

/** A log of events: short sentences in the past tense, with fields. */
export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}
