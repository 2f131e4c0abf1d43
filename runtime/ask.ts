import type { CommandInput, CommandOutput } from './command-io.ts';
import { CardeaError } from './errors.ts';

/** A secret could not be had: no terminal, input over, too long, or whoever was asked gave up. */
export class AskError extends CardeaError {
  readonly code = 'secret-not-given';
}

/** Where secrets come from: never from an argument, which others on the machine could read. */
export interface SecretSource {
  /**
   * The next secret, without its line end; perhaps empty. One at a time.
   *
   * @param what is asked for, as in `PIN`: the prompt, and the name in errors
   * @param signal ends the question; what was typed of the answer is forgotten
   * @throws AskError; the signal's reason when it is aborted
   */
  ask(what: string, signal?: AbortSignal): Promise<string>;

  /**
   * One key, echoed; others are passed over.
   *
   * @param prompt what it is asked for
   * @param keys the keys that count, in lower case; a line feed stands for Enter
   * @returns the key, in lower case
   * @throws AskError also where there is no terminal; the signal's reason when it is aborted
   */
  key(prompt: string, keys: string, signal?: AbortSignal): Promise<string>;
}

const LONGEST_SECRET_BYTES = 1_024;

const KEY = {
  ctrlC: 0x03,
  ctrlD: 0x04,
  backspace: 0x08,
  lineFeed: 0x0a,
  enter: 0x0d,
  ctrlU: 0x15,
  delete: 0x7f,
};

/** The next byte of the input; undefined when it is over. */
type NextByte = () => Promise<number | undefined>;

/**
 * Asks for secrets: with `stdin` (`--pin-stdin` and the like) one a line from standard input, else on the terminal,
 * without echo and with the prompt on standard error, so that standard output stays the result's.
 */
export function secretSource(options: {
  readonly stdin: boolean;
  /** The option that asks for standard input, for the message where there is no terminal. */
  readonly option?: string;
  readonly input?: CommandInput;
  readonly output?: CommandOutput;
}): SecretSource {
  const input = options.input ?? process.stdin;
  const output = options.output ?? process.stderr;
  const bytes = new ByteReader(input, options.stdin ? (chunk) => chunk : withoutKeySequences);
  return {
    ask: (what, signal) => {
      const next = () => bytes.next(signal);
      const option = options.option ?? '--pin-stdin';
      return options.stdin ? readLine(next, what) : askOnTerminal(next, { input, output, what, option });
    },
    key: (prompt, keys, signal) => keyOnTerminal(() => bytes.next(signal), { input, output, prompt, keys }),
  };
}

async function readLine(next: NextByte, what: string): Promise<string> {
  const line: number[] = [];
  for (;;) {
    const byte = await next();
    if (byte === undefined && line.length === 0) {
      throw new AskError(`standard input ended before the ${what}: give each secret a line of its own`);
    }
    if (byte === undefined || byte === KEY.lineFeed) {
      return decode(line.at(-1) === KEY.enter ? line.slice(0, -1) : line, what);
    }
    append(line, byte, what);
  }
}

async function askOnTerminal(
  next: NextByte,
  options: {
    readonly input: CommandInput;
    readonly output: CommandOutput;
    readonly what: string;
    readonly option: string;
  },
): Promise<string> {
  const { input, output, what, option } = options;
  if (input.isTTY !== true || input.setRawMode === undefined) {
    throw new AskError(
      `there is no terminal to ask for the ${what} on: run it in one, or give it on standard input with ${option}`,
    );
  }
  output.write(`${what}: `);
  input.setRawMode(true);
  try {
    return decode(await editLine(next, what), what);
  } finally {
    input.setRawMode(false);
    output.write('\n');
  }
}

async function keyOnTerminal(
  next: NextByte,
  options: {
    readonly input: CommandInput;
    readonly output: CommandOutput;
    readonly prompt: string;
    readonly keys: string;
  },
): Promise<string> {
  const { input, output, prompt, keys } = options;
  if (input.isTTY !== true || input.setRawMode === undefined) {
    throw new AskError(`there is no terminal to ask on (${prompt}): run it in one`);
  }
  output.write(`${prompt} `);
  input.setRawMode(true);
  let echo = '';
  try {
    for (;;) {
      const byte = await next();
      if (byte === undefined || byte === KEY.ctrlC || byte === KEY.ctrlD) {
        throw new AskError(`not answered (${prompt}): nothing was done`);
      }
      const key = byte === KEY.enter ? '\n' : String.fromCharCode(byte).toLowerCase();
      if (!keys.includes(key)) continue;
      echo = key.trim();
      return key;
    }
  } finally {
    input.setRawMode(false);
    output.write(`${echo}\n`);
  }
}

/** In raw mode the terminal edits nothing: what it would have done for a line is done here. */
async function editLine(next: NextByte, what: string): Promise<number[]> {
  const line: number[] = [];
  for (;;) {
    const key = await next();
    switch (key) {
      case KEY.enter:
      case KEY.lineFeed:
        return line;
      case undefined:
      case KEY.ctrlC:
      case KEY.ctrlD:
        throw new AskError(`the ${what} was not given: nothing was done`);
      case KEY.backspace:
      case KEY.delete:
        dropCharacter(line);
        break;
      case KEY.ctrlU:
        line.length = 0;
        break;
      default:
        if (key >= 0x20) {
          append(line, key, what);
        }
    }
  }
}

/** The last character, which in UTF-8 has continuation bytes (10xxxxxx) behind its first. */
function dropCharacter(line: number[]): void {
  let byte: number | undefined;
  do {
    byte = line.pop();
  } while (byte !== undefined && (byte & 0xc0) === 0x80);
}

function append(line: number[], byte: number, what: string): void {
  if (line.length >= LONGEST_SECRET_BYTES) {
    throw new AskError(`the ${what} is longer than ${LONGEST_SECRET_BYTES} bytes: give a shorter one`);
  }
  line.push(byte);
}

function decode(line: readonly number[], what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(line));
  } catch {
    throw new AskError(`the ${what} is not UTF-8 text: check the terminal's or the file's encoding`);
  }
}

/** Arrows and the like arrive as ESC and a sequence in one chunk; a bracketed paste is framed by two. */
function withoutKeySequences(chunk: Buffer): Buffer {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ESC is what begins these sequences.
  return Buffer.from(chunk.toString('latin1').replace(/\x1b(?:\[[0-9;]*[@-~]|O[@-~])?/g, ''), 'latin1');
}

/** Takes a stream byte by byte, and in between leaves it alone, so that it keeps no process alive. */
class ByteReader {
  readonly #input: CommandInput;
  readonly #clean: (chunk: Buffer) => Buffer;
  #pending: number[] = [];

  constructor(input: CommandInput, clean: (chunk: Buffer) => Buffer) {
    this.#input = input;
    this.#clean = clean;
  }

  /** Undefined when the input is over. @throws the signal's reason; AskError */
  async next(signal?: AbortSignal): Promise<number | undefined> {
    while (this.#pending.length === 0) {
      const chunk = await readChunk(this.#input, signal);
      if (chunk === undefined) {
        return undefined;
      }
      this.#pending = [...this.#clean(chunk)];
    }
    return this.#pending.shift();
  }
}

function readChunk(input: CommandInput, signal: AbortSignal | undefined): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    if (input.readableEnded || input.destroyed) {
      resolve(undefined);
      return;
    }
    const release = () => {
      input.off('data', onData);
      input.off('end', onEnd);
      input.off('close', onEnd);
      input.off('error', onError);
      signal?.removeEventListener('abort', onAbort);
      input.pause();
      // A paused pipe still reads ahead, and would hold the process.
      input.unref?.();
    };
    const onData = (chunk: Buffer | string) => {
      release();
      resolve(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
    };
    const onEnd = () => {
      release();
      resolve(undefined);
    };
    const onError = (cause: Error) => {
      release();
      reject(new AskError('reading the secret failed: check the terminal or the pipe', { cause }));
    };
    const onAbort = () => {
      release();
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', onAbort);
    input.on('data', onData);
    input.on('end', onEnd);
    input.on('close', onEnd);
    input.on('error', onError);
    input.ref?.();
    input.resume();
  });
}
