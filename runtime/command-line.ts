import { join } from 'node:path';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import type { z } from 'zod';
import { type CommandIo, processIo } from './command-io.ts';
import { CardeaError } from './errors.ts';
import type { Json } from './json.ts';
import { loadSettings, SettingsError } from './settings.ts';

/** The command line was not understood: exit code 2. */
export class UsageError extends CardeaError {
  readonly code = 'usage';
}

/** Exit codes of every command (DESIGN, "Commands"). */
export const EXIT = { done: 0, failed: 1, usage: 2 } as const;

/** One run of one command, as its action sees it. */
export interface Invocation {
  /** Where the process keeps what is its own: `--data`, else `CARDEA_DATA`, else the program's default. */
  readonly folder: string;
  /** Whether standard output has to be one JSON document. */
  readonly json: boolean;
  /** What the command line gave, by camelCase name. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly io: CommandIo;
  /** Prints the command's result, once: `text` for people, or `value` as the one JSON document. */
  show(value: Json, text: string): void;
  /** Prints a line on the way to the result, for people only. */
  say(text: string): void;
  /** Reads settings from flags, `CARDEA_*`, settings.json in the folder, and defaults. @throws SettingsError */
  settings<Shape extends z.ZodRawShape>(schema: z.ZodObject<Shape>): Promise<z.output<z.ZodObject<Shape>>>;
}

/**
 * Begins a program's command line, with the options that every command has. Its commands are added to it;
 * their actions call `invocation(command, io)` and throw when the answer is no.
 *
 * @param options.folder what `--data` is when nobody says so: `./data/hub`
 */
export function createProgram(options: {
  readonly name: string;
  readonly description: string;
  readonly folder: string;
}): Command {
  return new Command(options.name)
    .description(options.description)
    .option('--data <folder>', 'where it keeps what is its own; also CARDEA_DATA', options.folder)
    .option('--json', 'print one JSON document instead of text')
    .option('--debug', 'with a failure, print where in the program it happened')
    .helpOption('--help', 'show this')
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: true });
}

/** What the action of `command` works with. */
export function invocation(command: Command, io: CommandIo = processIo): Invocation {
  const flags: Record<string, unknown> = command.optsWithGlobals();
  const asked = rootOf(command).getOptionValueSource('data') === 'cli';
  const folder = String((!asked && io.environment['CARDEA_DATA']) || flags['data']);
  if (folder === '') throw new UsageError('--data: give a folder');
  checkArguments(command);
  const json = flags['json'] === true;
  return {
    folder,
    json,
    flags,
    io,
    show(value, text) {
      io.stdout.write(json ? `${JSON.stringify(value)}\n` : `${harmless(text)}\n`);
    },
    say(text) {
      if (!json) {
        io.stdout.write(`${harmless(text)}\n`);
      }
    },
    settings: (schema) =>
      loadSettings(schema, { flags, environment: io.environment, file: join(folder, 'settings.json') }),
  };
}

/** An empty argument is a script's variable that is not set. @throws UsageError */
function checkArguments(command: Command): void {
  for (const [index, argument] of command.registeredArguments.entries()) {
    const given: unknown = command.processedArgs[index];
    if (given !== '' && !(Array.isArray(given) && given.includes(''))) continue;
    throw new UsageError(
      `<${argument.name()}> is empty: ${argument.description}; see "${pathOf(command)} --help"`,
    );
  }
}

/** For an option that must not be empty: passed to commander as what makes its value. `what`: `a file`. */
export function given(what: string): (text: string) => string {
  return (text) => {
    if (text === '') throw new InvalidArgumentError(`Give ${what}.`);
    return text;
  };
}

/** What `parse` makes of something that was given; what it throws on purpose is wrong usage. @throws UsageError */
export function asUsage<T>(parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw cause instanceof CardeaError ? new UsageError(cause.message, { cause }) : cause;
  }
}

/**
 * Runs one command, and says in one line on standard error why it failed.
 *
 * @param words what stands after the program's name: `process.argv.slice(2)`
 * @returns the exit code, for `process.exitCode`
 */
export async function runCommandLine(
  program: Command,
  words: readonly string[],
  io: CommandIo = processIo,
): Promise<number> {
  // Whoever reads our output may stop (`| head`); the command goes on, and nobody is left to tell.
  io.stdout.on('error', () => {});
  io.stderr.on('error', () => {});
  prepare(program, io);
  try {
    await program.parseAsync(words, { from: 'user' });
    return EXIT.done;
  } catch (cause) {
    if (cause instanceof CommanderError && cause.exitCode === 0) {
      return EXIT.done;
    }
    io.stderr.write(`${program.name()}: ${oneLine(describe(cause))}\n`);
    if (program.opts()['debug'] === true) {
      io.stderr.write(`${traces(cause).join('\ncaused by ')}\n`);
    }
    return cause instanceof UsageError || cause instanceof SettingsError ? EXIT.usage : EXIT.failed;
  }
}

/** Has commander throw where it would exit, and write where it is told: help, and nothing else. */
function prepare(command: Command, io: CommandIo): void {
  command
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: () => {},
      outputError: () => {},
    })
    .exitOverride((cause) => {
      throw cause.exitCode === 0 ? cause : new UsageError(describeMisuse(command, cause), { cause });
    });
  for (const child of command.commands) {
    prepare(child, io);
  }
}

function describeMisuse(command: Command, cause: CommanderError): string {
  const path = pathOf(command);
  const what =
    cause.code === 'commander.help'
      ? `say what to do: ${command.commands.map((child) => child.name()).join(', ')}`
      : cause.message.replace(/^error: /, '').replace(/\.$/, '');
  return `${what}; see "${path} --help"`;
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent);
}

/** Errors with a code speak for themselves; any other is a mistake in the program. */
function describe(cause: unknown): string {
  if (!(cause instanceof Error)) {
    return `unexpected failure: ${String(cause)}`;
  }
  const isForeseen = 'code' in cause && typeof cause.code === 'string';
  return isForeseen
    ? cause.message
    : `unexpected failure: ${cause.message || cause.name}; run it again with --debug, and report what that prints`;
}

/** Without anything that would steer a terminal: some of it was said by whoever is at the other end of a line. */
function harmless(text: string): string {
  return text.replace(/[^\P{Cc}\n]/gu, ' ');
}

/** In one line, and without anything that would steer a terminal. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
}

/** Where a failure happened, and those beneath it. */
function traces(cause: unknown): string[] {
  return cause instanceof Error ? [cause.stack ?? cause.message, ...traces(cause.cause)] : [];
}
