import type { Readable } from 'node:stream';

/** Standard input: a terminal's has `isTTY` and can be told not to echo. */
export interface CommandInput extends Readable {
  readonly isTTY?: boolean;
  setRawMode?(raw: boolean): unknown;
  /** Whether it keeps the process alive: pipes and terminals can tell, files end by themselves. */
  ref?(): unknown;
  unref?(): unknown;
}

/** Standard output or standard error. */
export interface CommandOutput {
  write(text: string): unknown;
  on(event: 'error', listener: (cause: Error) => void): unknown;
}

/** What a command line talks through: the process's own in life, a test's in a test. */
export interface CommandIo {
  readonly stdin: CommandInput;
  readonly stdout: CommandOutput;
  readonly stderr: CommandOutput;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** This process's. Standard input is only opened when it is first asked for. */
export const processIo: CommandIo = {
  get stdin() {
    return process.stdin;
  },
  stdout: process.stdout,
  stderr: process.stderr,
  environment: process.env,
};
