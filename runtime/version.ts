/** Of this Cardea: what package.json says, as `test/runtime/version.test.ts` sees to. */
export const VERSION = '0.1.0';
