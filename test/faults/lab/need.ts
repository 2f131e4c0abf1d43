/** @throws Error where it is undefined: the lab itself is wrong then. */
export function need<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`the lab has no ${what}`);
  return value;
}
