/** Whether tests run in their long form, as `npm run soak` does. */
export const SOAK = process.env['CARDEA_SOAK'] === '1';

/** For tests that have a long form. */
export const SOAK_TIMEOUT = { timeout: SOAK ? 600_000 : 30_000 };
