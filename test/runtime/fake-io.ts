import { PassThrough } from 'node:stream';
import type { CommandIo } from '../../runtime/command-io.ts';

/** A terminal, or a pipe, for a command line under test. */
export class FakeInput extends PassThrough {
  readonly isTTY: boolean;
  /** Every change of raw mode, in order. */
  readonly rawModes: boolean[] = [];

  constructor(kind: 'terminal' | 'pipe') {
    super();
    this.isTTY = kind === 'terminal';
  }

  setRawMode(raw: boolean): void {
    this.rawModes.push(raw);
  }
}

export class FakeOutput {
  text = '';

  write(text: string): void {
    this.text += text;
  }

  on(): void {}
}

export function fakeIo(environment: Record<string, string> = {}) {
  return {
    stdin: new FakeInput('pipe'),
    stdout: new FakeOutput(),
    stderr: new FakeOutput(),
    environment,
  } satisfies CommandIo;
}
