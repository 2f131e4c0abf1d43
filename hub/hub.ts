import type { Primitives } from '../protocol/crypto/primitives.ts';
import type { HubIdentity as LimbasiyaIdentity } from '../protocol/limbasiya/updation.ts';
import type { Address } from '../runtime/network.ts';
import type { Surroundings } from '../runtime/surroundings.ts';
import { HubDoor } from './door.ts';
import { AuditCourier } from './feed/audit-courier.ts';
import { followFeed } from './feed/follower.ts';
import { Questions } from './feed/questions.ts';
import type { Rc } from './feed/rc.ts';
import { Reach } from './feed/reach.ts';
import { Reporter } from './feed/reporter.ts';
import { type Front, OwnFront } from './front.ts';
import { Gate } from './gate.ts';
import { type LimbasiyaRc, PatientList } from './limbasiya/patient-list.ts';
import { LimbasiyaDesk, type LimbasiyaService } from './limbasiya/service.ts';
import { LoginDesk } from './login/desk.ts';
import { HubMeter } from './metrics/meter.ts';
import type { HubPolicy } from './policy.ts';
import { Archive } from './records/archive.ts';
import type { RecordCipher } from './records/cipher.ts';
import { HubRecords } from './records/records.ts';
import type { CurrentIdentity } from './renewal/current-identity.ts';
import type { HubServices } from './services.ts';
import type { HubStore } from './store/store.ts';

export interface HubOptions {
  readonly surroundings: Surroundings;
  readonly primitives: Primitives;
  /** Stays the caller's, to be closed after the hub. */
  readonly identity: CurrentIdentity;
  readonly policy: HubPolicy;
  /** Stays the caller's, to be closed after the hub. */
  readonly store: HubStore;
  /** Opens the records of `store`. The hub's from now on: wiped with it. */
  readonly cipher: RecordCipher;
  /** The hub's from now on: closed with it. */
  readonly rc: Rc;
  readonly listen: Address;
  /** What faces the terminals: this process where left out. The hub's from now on: closed with it. */
  readonly front?: Front;
  /** Where limbasiya-2021 is allowed: what the hub asks for its list with, and whom. */
  readonly limbasiya?: { readonly identity: LimbasiyaIdentity; readonly rc: LimbasiyaRc };
}

/** A hub that takes logins. */
export interface Hub {
  /** The real one, where port 0 was asked for. */
  readonly address: Address;
  readonly services: HubServices;
  /** Accepts nothing more, ends what is open, settles every try. */
  close(): Promise<void>;
}

/**
 * Starts a hub on a store that is open: follows the feed, tells the RC what it counts, serves terminals.
 * @throws AddressInUseError, NetworkError
 */
export async function startHub(options: HubOptions): Promise<Hub> {
  const { surroundings, rc } = options;
  const { front = new OwnFront(surroundings) } = options;
  const { services, list } = createServices(options, front);
  const address = await opened(front, services, options.listen);
  const stop = new AbortController();
  const background = Promise.all([
    followFeed({ rc, services }, stop.signal),
    services.reporter.run(stop.signal),
    new AuditCourier({ rc, outbox: options.store.auditOutbox, surroundings }).run(stop.signal),
    list?.refresh(),
  ]);
  return {
    address,
    services,
    async close() {
      stop.abort();
      rc.close();
      await front.close();
      await background;
      services.records.close();
    },
  };
}

async function opened(front: Front, services: HubServices, listen: Address): Promise<Address> {
  try {
    return await front.open(services, listen);
  } catch (cause) {
    await front.close();
    throw cause;
  }
}

function createServices(
  options: HubOptions,
  front: Front,
): { readonly services: HubServices; readonly list: PatientList | null } {
  const { surroundings, primitives, identity, policy, store, rc, cipher } = options;
  const { lists, outbox } = store;
  const { sessions } = front;
  const reach = new Reach(surroundings.clock);
  const onRevoked = (uids: readonly Uint8Array[]) => sessions.endRevoked(uids);
  const reporter = new Reporter({ rc, outbox, lists, reach, surroundings, onRevoked });
  const questions = new Questions({ rc, lists, reporter, reach, surroundings, onRevoked });
  const gate = new Gate(surroundings.clock, policy.connections);
  store.audit.markPatientsBy(cipher);
  const meter = new HubMeter();
  const core = { surroundings, policy, store, gate, questions, meter };
  const list = createList(options, reach, onRevoked);
  const { hubId } = identity;
  const shared = { hubId, store, cipher, timeZone: policy.timeZone };
  const services: HubServices = {
    ...core,
    identity,
    primitives,
    sessions,
    front,
    door: new HubDoor(core),
    desk: new LoginDesk({ ...core, reporter }),
    reach,
    reporter,
    records: new HubRecords({ ...shared, surroundings }),
    archive: new Archive({ ...shared, clock: surroundings.clock }),
    limbasiya: limbasiyaService(options, core, list),
  };
  return { services, list };
}

function createList(
  { limbasiya, primitives, surroundings, store: { patients } }: HubOptions,
  reach: Reach,
  onGone: (uids: readonly Uint8Array[]) => void,
): PatientList | null {
  if (limbasiya === undefined) return null;
  return new PatientList({ ...limbasiya, patients, primitives, surroundings, reach, onGone });
}

function limbasiyaService(
  { limbasiya, identity }: HubOptions,
  core: Omit<ConstructorParameters<typeof LimbasiyaDesk>[0], 'self' | 'list'>,
  list: PatientList | null,
): LimbasiyaService | null {
  if (limbasiya === undefined || list === null) return null;
  const self = { ID: identity.hubId, SSK: limbasiya.identity.SSK, Loc: identity.location };
  return new LimbasiyaDesk({ ...core, self, list });
}
