/** What JSON can say. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** Where in it something is: names and indices, from outside in. */
export type Path = readonly (string | number)[];

/** Everything in a value, itself first. */
export function placesIn(value: Json, path: Path = []): { readonly path: Path; readonly value: Json }[] {
  const inside = isRecord(value) || Array.isArray(value) ? Object.entries(value) : [];
  const step = (name: string) => (Array.isArray(value) ? Number(name) : name);
  return [{ path, value }, ...inside.flatMap(([name, part]) => placesIn(part, [...path, step(name)]))];
}

/** As JSON calls it: `null` and `array` too. */
export function typeOf(value: Json): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function isRecord(value: Json | undefined): value is { readonly [name: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A copy with another value in one place. */
export function put(value: Json, [step, ...rest]: Path, other: Json): Json {
  if (step === undefined) return other;
  if (Array.isArray(value)) {
    return value.map((part: Json, index) => (index === step ? put(part, rest, other) : part));
  }
  const record = isRecord(value) ? value : {};
  return { ...record, [step]: put(record[step] ?? {}, rest, other) };
}

/** A copy without one of its fields. */
export function without(value: Json, name: string): Json {
  return Object.fromEntries(Object.entries(isRecord(value) ? value : {}).filter(([other]) => other !== name));
}
