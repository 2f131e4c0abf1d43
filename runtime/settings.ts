import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { parseAddress } from './address.ts';
import { CardeaError, systemErrorCode } from './errors.ts';
import { FileError, writeFileDurably } from './files.ts';
import type { Address } from './network.ts';

/** A setting is missing, unknown or not what it must be; the message names where it came from. */
export class SettingsError extends CardeaError {
  readonly code = 'settings-invalid';
}

/** Where settings come from, the strongest first; what none of them says has the schema's default. */
export interface SettingsSources {
  /** What the command line gave, by camelCase name. */
  readonly flags: Readonly<Record<string, unknown>>;
  /** `CARDEA_LOG_LEVEL` for `logLevel`. An empty value counts as not set. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Path of settings.json: one object, camelCase names. May be missing. */
  readonly file: string;
}

/**
 * Reads every setting of `schema` (camelCase keys) from flag, `CARDEA_*` variable, settings.json or default.
 * Every wrong value is named with its source and what is expected; names in settings.json that the schema
 * does not know are refused too.
 *
 * @throws SettingsError
 */
export async function loadSettings<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  sources: SettingsSources,
): Promise<z.output<z.ZodObject<Shape>>> {
  const inFile = await readSettingsFile(sources.file);
  const complaints = Object.keys(inFile)
    .filter((name) => !Object.hasOwn(schema.shape, name))
    .map(
      (name) =>
        `${sources.file} has a setting ${JSON.stringify(name)} that does not exist: remove it, or check --data`,
    );
  const settings: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(schema.shape)) {
    const found = findValue(name, sources, inFile);
    const parsed = z.safeParse(field, found?.value);
    if (parsed.success) {
      settings[name] = parsed.data;
    } else {
      complaints.push(found === undefined ? missing(name, sources) : wrong(found, parsed.error.issues[0]));
    }
  }
  if (complaints.length > 0) {
    throw new SettingsError(complaints.join('; '));
  }
  return settings as z.output<z.ZodObject<Shape>>;
}

/**
 * Writes settings into settings.json, beside those that are there: for a choice that is to be kept.
 *
 * @throws SettingsError when the file is no settings file; FileError
 */
export async function keepSettings(
  file: string,
  changes: Readonly<Record<string, string | number | boolean>>,
): Promise<void> {
  const all = { ...(await readSettingsFile(file)), ...changes };
  await writeFileDurably(file, `${JSON.stringify(all, null, 2)}\n`);
}

/** A whole number within bounds, from JSON or text. */
export function integerSetting(minimum: number, maximum: number): z.ZodType<number> {
  const expected = `a whole number from ${minimum} to ${maximum}`;
  const fromText = z
    .string({ error: expected })
    .regex(/^-?[0-9]{1,15}$/, expected)
    .transform(Number);
  const number = z.int(expected).min(minimum, expected).max(maximum, expected);
  return z.union([z.number(), fromText], { error: expected }).pipe(number);
}

/** `true` or `false`, from JSON, a flag without a value, or text. */
export function booleanSetting(): z.ZodType<boolean> {
  const expected = 'true or false';
  const fromText = z.enum(['true', 'false']).transform((text) => text === 'true');
  return z.union([z.boolean(), fromText], { error: expected });
}

/** One of a few words. */
export function choiceSetting<const Choice extends string>(choices: readonly Choice[]): z.ZodType<Choice> {
  return z.enum(choices, { error: `one of ${choices.join(', ')}` });
}

/** Text that `check` passes. What it throws on purpose, an error with a code, says what is wrong and what is possible. */
export function checkedSetting(check: (text: string) => unknown): z.ZodType<string> {
  return z.string({ error: 'text' }).superRefine((text, context) => {
    try {
      check(text);
    } catch (cause) {
      if (!(cause instanceof Error && 'code' in cause)) throw cause;
      context.addIssue({ code: 'custom', message: cause.message, params: { isWhole: true } });
    }
  });
}

/** `HOST:PORT`; the port may be left out where `defaultPort` is given. */
export function addressSetting(defaultPort?: number): z.ZodType<Address> {
  const expected = defaultPort === undefined ? 'HOST:PORT' : `HOST or HOST:PORT (else port ${defaultPort})`;
  return z.string({ error: expected }).transform((text, context) => {
    try {
      return parseAddress(text, defaultPort === undefined ? {} : { defaultPort });
    } catch {
      context.addIssue({ code: 'custom', message: expected });
      return z.NEVER;
    }
  });
}

interface FoundValue {
  readonly value: unknown;
  /** As the one who set it knows it: `--log-level`, `CARDEA_LOG_LEVEL`, `"logLevel" in FILE`. */
  readonly origin: string;
}

function findValue(
  name: string,
  sources: SettingsSources,
  inFile: Readonly<Record<string, unknown>>,
): FoundValue | undefined {
  if (sources.flags[name] !== undefined) {
    return { value: sources.flags[name], origin: flagOf(name) };
  }
  const variable = variableOf(name);
  if (sources.environment[variable]) {
    return { value: sources.environment[variable], origin: variable };
  }
  return Object.hasOwn(inFile, name)
    ? { value: inFile[name], origin: `${JSON.stringify(name)} in ${sources.file}` }
    : undefined;
}

function wrong(found: FoundValue, issue: z.core.$ZodIssue | undefined): string {
  // A sentence of its own names the value already.
  if (issue?.code === 'custom' && issue.params?.['isWhole'] === true)
    return `${found.origin}: ${issue.message}`;
  const expected = issue?.message ?? 'another value';
  const shown = JSON.stringify(found.value) ?? String(found.value);
  const short = shown.length > 60 ? `${shown.slice(0, 60)}…` : shown;
  return `${found.origin} is ${short}: expected ${expected}`;
}

function missing(name: string, sources: SettingsSources): string {
  return `${flagOf(name)} is needed: give it so, as ${variableOf(name)}, or as ${JSON.stringify(name)} in ${sources.file}`;
}

function flagOf(name: string): string {
  return `--${kebabCase(name)}`;
}

function variableOf(name: string): string {
  return `CARDEA_${kebabCase(name).replaceAll('-', '_').toUpperCase()}`;
}

function kebabCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

async function readSettingsFile(file: string): Promise<Record<string, unknown>> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if (systemErrorCode(cause) === 'ENOENT') {
      return {};
    }
    throw new FileError(`cannot read ${file}: check who owns it and that it is a file`, { cause });
  }
  const content = parseJson(text);
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new SettingsError(`${file} is not one JSON object: correct it, or remove it for the defaults`);
  }
  return { ...content };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
