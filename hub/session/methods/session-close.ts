import type { Method } from './table.ts';

/** The session ends once this is answered. */
export const sessionClose: Method<'session.close'> = async (_hub, session) => {
  session.isClosing = true;
  return {};
};
