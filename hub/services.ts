import type { Primitives } from '../protocol/crypto/primitives.ts';
import type { Surroundings } from '../runtime/surroundings.ts';
import type { Questions } from './feed/questions.ts';
import type { Reach } from './feed/reach.ts';
import type { Reporter } from './feed/reporter.ts';
import type { Gate } from './gate.ts';
import type { LimbasiyaService } from './limbasiya/service.ts';
import type { Records } from './records/records.ts';
import type { CurrentIdentity } from './renewal/current-identity.ts';
import type { Sessions } from './session/sessions.ts';
import type { HubStore } from './store/store.ts';

/** What a clinic may set. */
export interface HubPolicy {
  /** VT: how long a session lasts, seconds. */
  readonly validitySeconds: number;
  /** How old the lists may be, days. */
  readonly listAgeDays: number;
  /** How long a session may be renewed for, from its login, seconds. */
  readonly longestSessionSeconds: number;
  /** The clinic's, as the IANA names it: its midnights end a day. */
  readonly timeZone: string;
}

/** Everything that a connection of this hub works with. */
export interface HubServices {
  readonly identity: CurrentIdentity;
  readonly policy: HubPolicy;
  readonly primitives: Primitives;
  readonly surroundings: Surroundings;
  readonly store: HubStore;
  readonly gate: Gate;
  readonly sessions: Sessions;
  /** Whether the RC answers. */
  readonly reach: Reach;
  readonly questions: Questions;
  readonly reporter: Reporter;
  readonly records: Records;
  /** Null where limbasiya-2021 is not allowed. */
  readonly limbasiya: LimbasiyaService | null;
}
