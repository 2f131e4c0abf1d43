import { z } from 'zod';
import { LOG_LEVELS } from '../../runtime/pino-log.ts';
import { addressSetting, choiceSetting, integerSetting } from '../../runtime/settings.ts';
import { ALLOWED_SUITES, DEFAULT_POLICY } from '../policy.ts';
import { isTimeZone } from '../records/calendar.ts';

/** Where a hub listens if nobody says otherwise. */
export const HUB_PORT = 8441;
const HEALTH_PORT = 8442;
const WORKERS_MAX = 64;

/** Everything that may stand in a hub's settings.json. */
export const hubSettings = z.object({
  listen: addressSetting(HUB_PORT).default({ host: '0.0.0.0', port: HUB_PORT }),
  /** VT: how long a session lasts. */
  validitySeconds: integerSetting(10, 86_400).default(DEFAULT_POLICY.validitySeconds),
  /** How old the lists may be: shorter than a hub's certificate lives (PROTOCOL 2.1). */
  listAgeDays: integerSetting(1, 13).default(DEFAULT_POLICY.listAgeDays),
  /** How many connections may be open at once; each costs some 20 KB. */
  connections: integerSetting(16, 60_000).default(DEFAULT_POLICY.connections),
  /** How long a session may be renewed for, from its login. */
  longestSessionSeconds: integerSetting(10, 86_400).default(DEFAULT_POLICY.longestSessionSeconds),
  /** The clinic's: its midnights end a day. */
  timeZone: z.string().refine(isTimeZone, 'a time zone, as in Asia/Kolkata').default(DEFAULT_POLICY.timeZone),
  /** The file of the records' key, where that is not keys/records.key. */
  recordsKey: z.string().min(1, 'a file').optional(),
  /** Where health and metrics are asked for: this machine alone, unless somebody chose otherwise. */
  health: z
    .union([z.literal('off'), addressSetting(HEALTH_PORT)], {
      error: `HOST:PORT (else port ${HEALTH_PORT}), or off`,
    })
    .default({ host: '127.0.0.1', port: HEALTH_PORT }),
  /** A suite to accept besides cardea-1. */
  allow: choiceSetting(ALLOWED_SUITES).default('none'),
  /** How many processes serve terminals; 1: the one that owns the folder does it itself. */
  workers: integerSetting(1, WORKERS_MAX).default(1),
  logLevel: choiceSetting(LOG_LEVELS).default('info'),
});
