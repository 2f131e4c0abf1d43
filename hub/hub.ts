import type { Primitives } from '../protocol/crypto/primitives.ts';
import type { HubIdentity as LimbasiyaIdentity } from '../protocol/limbasiya/updation.ts';
import { WIRE_ERROR } from '../protocol/wire-error.ts';
import type { Address, ByteStream } from '../runtime/network.ts';
import type { Surroundings } from '../runtime/surroundings.ts';
import { serveConnection } from './connection.ts';
import { followFeed } from './feed/follower.ts';
import { Questions } from './feed/questions.ts';
import type { Rc } from './feed/rc.ts';
import { Reach } from './feed/reach.ts';
import { Reporter } from './feed/reporter.ts';
import { Gate } from './gate.ts';
import { type LimbasiyaRc, PatientList } from './limbasiya/patient-list.ts';
import type { LimbasiyaService } from './limbasiya/service.ts';
import type { RecordCipher } from './records/cipher.ts';
import { Records } from './records/records.ts';
import type { CurrentIdentity } from './renewal/current-identity.ts';
import type { HubPolicy, HubServices } from './services.ts';
import { Sessions } from './session/sessions.ts';
import type { HubStore } from './store/store.ts';
import { Wire } from './wire.ts';

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
  const services = createServices(options);
  const connections = new Connections(services);
  const listener = await surroundings.network.listen(options.listen, (stream) => connections.serve(stream));
  const stop = new AbortController();
  const background = Promise.all([
    followFeed({ rc, services }, stop.signal),
    services.reporter.run(stop.signal),
    services.limbasiya?.list.refresh(),
  ]);
  return {
    address: listener.address,
    services,
    async close() {
      await listener.close();
      stop.abort();
      rc.close();
      await connections.close();
      await background;
      services.records.close();
    },
  };
}

function createServices(options: HubOptions): HubServices {
  const { surroundings, primitives, identity, policy, store, rc, cipher } = options;
  const { lists, outbox } = store;
  const sessions = new Sessions();
  const reach = new Reach(surroundings.clock);
  const onRevoked = (uids: readonly Uint8Array[]) => sessions.endRevoked(uids);
  const reporter = new Reporter({ rc, outbox, lists, reach, surroundings, onRevoked });
  const questions = new Questions({ rc, lists, reporter, reach, surroundings, onRevoked });
  const gate = new Gate(surroundings.clock);
  const limbasiya = createLimbasiya(options, reach, onRevoked);
  const { hubId } = identity;
  const records = new Records({ hubId, store, cipher, timeZone: policy.timeZone, surroundings });
  return {
    identity,
    policy,
    primitives,
    surroundings,
    store,
    gate,
    sessions,
    reach,
    questions,
    reporter,
    records,
    limbasiya,
  };
}

function createLimbasiya(
  { limbasiya, identity, primitives, surroundings, store }: HubOptions,
  reach: Reach,
  onGone: (uids: readonly Uint8Array[]) => void,
): LimbasiyaService | null {
  if (limbasiya === undefined) return null;
  const { patients } = store;
  return {
    self: { ID: identity.hubId, SSK: limbasiya.identity.SSK, Loc: identity.location },
    list: new PatientList({ ...limbasiya, patients, primitives, surroundings, reach, onGone }),
  };
}

/** The connections that are open now. */
class Connections {
  readonly #services: HubServices;
  readonly #open = new Map<Wire, Promise<void>>();
  #isClosing = false;

  constructor(services: HubServices) {
    this.#services = services;
  }

  serve(stream: ByteStream): void {
    if (this.#isClosing) {
      stream.destroy();
      return;
    }
    const wire = new Wire(stream, this.#services.surroundings.clock);
    const served = serveConnection(this.#services, wire, stream.remoteAddress);
    this.#open.set(wire, served);
    stream.once('close', () => void served.then(() => this.#open.delete(wire)));
  }

  /** Ends every connection; resolves when what each of them took is settled. */
  async close(): Promise<void> {
    this.#isClosing = true;
    for (const wire of this.#open.keys()) wire.refuse(WIRE_ERROR.busy, 'the hub is stopping');
    await Promise.all(this.#open.values());
    for (const wire of this.#open.keys()) wire.destroy();
  }
}
