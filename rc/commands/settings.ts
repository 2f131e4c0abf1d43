import { z } from 'zod';
import { DEFAULT_LOG_N, isLogN } from '../../protocol/constants.ts';
import { LOG_LEVELS } from '../../runtime/pino-log.ts';
import { addressSetting, choiceSetting, integerSetting } from '../../runtime/settings.ts';

/** Where the registration centre listens if nobody says otherwise. */
export const RC_PORT = 8440;

/** Everything that may stand in the settings.json of a registration centre or an operator's machine. */
export const rcSettings = z.object({
  /** How others reach the registration centre; port 0: on whatever port `serve` listens. Fixed at `init`. */
  address: addressSetting(RC_PORT).default({ host: 'localhost', port: 0 }),
  listen: addressSetting(RC_PORT).default({ host: '0.0.0.0', port: RC_PORT }),
  reader: z.string().default('/dev/serial0'),
  /** What prints the recovery code, which it gets on standard input; empty: nothing does. */
  print: z.string().default('lp'),
  logN: integerSetting(0, 17).refine(isLogN, '0, or 10 to 17').default(DEFAULT_LOG_N),
  logLevel: choiceSetting(LOG_LEVELS).default('info'),
});
