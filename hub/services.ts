import type { Primitives } from '../protocol/crypto/primitives.ts';
import type { Surroundings } from '../runtime/surroundings.ts';
import type { Door } from './door.ts';
import type { Questions } from './feed/questions.ts';
import type { Reach } from './feed/reach.ts';
import type { Reporter } from './feed/reporter.ts';
import type { Front } from './front.ts';
import type { Gate } from './gate.ts';
import type { LimbasiyaService } from './limbasiya/service.ts';
import type { Load } from './load.ts';
import type { Desk } from './login/desk.ts';
import type { HubMeter, Meter } from './metrics/meter.ts';
import type { HubPolicy } from './policy.ts';
import type { Archive } from './records/archive.ts';
import type { HubRecords, Records } from './records/records.ts';
import type { CurrentIdentity } from './renewal/current-identity.ts';
import type { SessionDirectory, Sessions } from './session/sessions.ts';
import type { HubStore } from './store/store.ts';

/** What every part of a hub works with, in whichever of its processes. */
interface CommonServices {
  readonly identity: CurrentIdentity;
  readonly policy: HubPolicy;
  readonly primitives: Primitives;
  readonly surroundings: Surroundings;
}

/**
 * Everything that a connection works with. In a worker, all but the first few are at the hub's own process, and
 * are asked over a channel: what they take and give is plain data, and `hub/workers/remote.ts` lists their methods.
 */
export interface ConnectionServices extends CommonServices {
  /** Those of this process. */
  readonly sessions: Sessions;
  /** Of this process. */
  readonly load: Load;
  readonly door: Door;
  readonly desk: Desk;
  readonly store: Pick<HubStore, 'pins'>;
  readonly questions: Pick<Questions, 'tellFirst'>;
  readonly reporter: Pick<Reporter, 'wake'>;
  readonly records: Records;
  readonly meter: Pick<Meter, 'login'>;
  /** Null where limbasiya-2021 is not allowed. */
  readonly limbasiya: LimbasiyaService | null;
}

/** Everything that a hub has besides its connections: one of each, at the process that owns the folder. */
export interface HubServices extends CommonServices {
  /** Those of all processes. */
  readonly sessions: SessionDirectory;
  readonly front: Pick<Front, 'workers'>;
  readonly door: Door;
  readonly desk: Desk;
  readonly store: HubStore;
  readonly gate: Gate;
  /** Whether the RC answers. */
  readonly reach: Reach;
  readonly questions: Questions;
  readonly reporter: Reporter;
  readonly records: HubRecords;
  readonly archive: Archive;
  readonly meter: HubMeter;
  /** Null where limbasiya-2021 is not allowed. */
  readonly limbasiya: LimbasiyaService | null;
}
