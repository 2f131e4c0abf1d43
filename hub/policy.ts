import { LIST_AGE_LIMIT_DAYS } from './feed/list-age.ts';
import { LIMITS } from './limits.ts';
import { localTimeZone } from './records/calendar.ts';

/** What a clinic may set. */
export interface HubPolicy {
  /** VT: how long a session lasts, seconds. */
  readonly validitySeconds: number;
  /** How old the lists may be, days. */
  readonly listAgeDays: number;
  /** How many connections may be open at once. */
  readonly connections: number;
  /** How long a session may be renewed for, from its login, seconds. */
  readonly longestSessionSeconds: number;
  /** The clinic's, as the IANA names it: its midnights end a day. */
  readonly timeZone: string;
}

/** What a hub does unless its clinic chose otherwise (PROTOCOL 2.5). */
export const DEFAULT_POLICY: HubPolicy = {
  validitySeconds: 600,
  listAgeDays: LIST_AGE_LIMIT_DAYS,
  connections: LIMITS.connections,
  longestSessionSeconds: 1_800,
  timeZone: localTimeZone(),
};

export const ALLOWED_SUITES = ['none', 'limbasiya-2021'] as const;
export type AllowedSuite = (typeof ALLOWED_SUITES)[number];
