import { z } from 'zod';
import { loadHubIdentity } from '../certs/hub-identity.ts';
import { RcClient } from '../certs/rc-client.ts';
import { loadTlsIdentity } from '../certs/tls-identity.ts';
import { wipe } from '../protocol/bytes.ts';
import { serverPrimitives } from '../protocol/crypto/fastest.ts';
import { formatAddress } from '../runtime/address.ts';
import { AnchorKeeper } from '../runtime/audit/anchor-keeper.ts';
import { BackupError } from '../runtime/backup.ts';
import { serveControl } from '../runtime/control-socket.ts';
import type { Address } from '../runtime/network.ts';
import { NetworkError } from '../runtime/network-errors.ts';
import { takeOwnership } from '../runtime/ownership.ts';
import type { LogLevel } from '../runtime/pino-log.ts';
import { Resources } from '../runtime/stop.ts';
import type { Surroundings } from '../runtime/surroundings.ts';
import { answerAudit } from './audit-page.ts';
import { copyHubStore } from './backup.ts';
import { rcOver } from './feed/rc.ts';
import { type Front, OwnFront } from './front.ts';
import { type HealthEndpoint, serveHealth } from './health/endpoint.ts';
import { examineHealth } from './health/health.ts';
import { type Hub, startHub } from './hub.ts';
import { registerForLimbasiya } from './limbasiya/register.ts';
import { WHAT_IT_MEANS } from './limbasiya/service.ts';
import { readNetworkRecord } from './network-file.ts';
import { type AllowedSuite, DEFAULT_POLICY, type HubPolicy } from './policy.ts';
import { openRecordCipher, type RecordsSecret, recordsKey } from './records/key.ts';
import { officeHandlers, officeOf, type RecordsOffice } from './records/office.ts';
import { tellingAuthority } from './renewal/authority.ts';
import { CurrentIdentity } from './renewal/current-identity.ts';
import { Renewal } from './renewal/renewal.ts';
import { type HubStatus, statusOf } from './status.ts';
import { openHubStore } from './store/store.ts';
import { startClusterWorker } from './workers/cluster.ts';
import type { StartWorker } from './workers/messages.ts';
import { WorkerPool } from './workers/pool.ts';

/** What `cardea-hub backup` asks of the process that serves. */
const copyRequest = z.object({ path: z.string() });

export interface ServeOptions {
  readonly surroundings: Surroundings;
  readonly folder: string;
  /** Port 0 asks for any free one. */
  readonly listen: Address;
  readonly policy?: Partial<HubPolicy>;
  /** A suite to accept besides `cardea-1`. */
  readonly allow?: AllowedSuite;
  /** Where the key of the records is, besides the folder's `keys`, and who knows what it is sealed under. */
  readonly records?: RecordsSecret;
  /** Where health and metrics are asked for; left out: nowhere. */
  readonly health?: Address | undefined;
  /** How many processes serve terminals; 1, or left out: this one. */
  readonly workers?: number;
  /** How one of several is started; as a process of its own where left out. */
  readonly startWorker?: StartWorker;
  /** What workers log. */
  readonly logLevel?: LogLevel;
}

/** A hub that serves. */
export interface RunningHub {
  readonly id: string;
  readonly location: string;
  /** Where it listens, with the real port. */
  readonly address: Address;
  /** Where health and metrics are asked for, with the real port; null where nowhere. */
  readonly health: Address | null;
  /** What the clinic's staff do with records. */
  readonly office: RecordsOffice;
  status(): Promise<HubStatus>;
  /** Ends what is open, settles every try, and gives the folder free. To call it again does nothing. */
  close(): Promise<void>;
}

/**
 * Serves the hub that joined a network in `folder`, which it holds alone (DESIGN, one owner).
 *
 * A hub that is to accept limbasiya-2021 and could not register under it when it joined does so first.
 *
 * @throws NotJoinedError, IdentityDamagedError, SecretFileExposedError, FolderInUseError, AddressInUseError
 * @throws StoreCorruptError, StoreTooNewError and the other errors of the store
 * @throws RecordsKeyError, PassphraseError, SealedFileError when its records cannot be opened
 * @throws RcRefusedError, RcUnreachableError, RcUntrustedError when it cannot be registered
 */
export async function serveHub(options: ServeOptions): Promise<RunningHub> {
  const { surroundings, folder, listen, policy, allow = 'none', records } = options;
  const { rc: rcAddress, announced } = await readNetworkRecord(folder);
  const { random } = surroundings;
  const resources = new Resources();
  try {
    resources.add(takeOwnership(folder, 'cardea-hub serve'), (ownership) => ownership.release());
    const tlsIdentity = await loadTlsIdentity(folder);
    const identity = resources.add(
      new CurrentIdentity(await loadHubIdentity(folder), surroundings.clock),
      (current) => current.close(),
    );
    const store = resources.add(openHubStore(folder, surroundings.clock), (opened) => opened.close());
    const { clock, log } = surroundings;
    await store.audit.noteService('service.started', clock, log);
    resources.add(new AnchorKeeper({ trail: store.audit, folder, surroundings }), (keeper) => keeper.close());
    resources.add(store.audit, (audit) => audit.noteService('service.stopped', clock, log));
    const primitives = await serverPrimitives();
    const cipher = resources.add(
      await openRecordCipher({
        key: recordsKey(folder, random, records),
        store,
        primitives,
        random,
      }),
      (opened) => opened.wipe(),
    );
    const rc = resources.add(new RcClient({ surroundings, rc: rcAddress, identity: tlsIdentity }), (client) =>
      client.close(),
    );
    const renewal = resources.add(
      new Renewal({ surroundings, folder, client: rc, tls: tlsIdentity, identity }),
      (running) => running.close(),
    );
    const { hubId } = identity;
    const limbasiya =
      allow === 'none'
        ? null
        : resources.add(await registerForLimbasiya({ folder, hubId, rc, primitives, random }), ({ Q, SSK }) =>
            wipe(Q, SSK),
          );
    const hub = resources.add(
      await startHub({
        surroundings,
        primitives,
        identity,
        policy: { ...DEFAULT_POLICY, ...policy },
        store,
        cipher,
        rc: tellingAuthority(rcOver(rc), (authority) => renewal.authorityIs(authority)),
        listen,
        front: frontFor(options),
        ...(limbasiya && { limbasiya: { identity: limbasiya, rc } }),
      }),
      (started) => started.close(),
    );
    // Before the hub is closed, and `rc` with it: what is under way would fail for no reason worth a warning.
    resources.add(renewal, (running) => running.close());
    const office = officeOf(hub.services.records, hub.services.archive);
    const { endpoint, problem: healthProblem } = await healthEndpoint(hub, surroundings, options.health);
    if (endpoint !== null) resources.add(endpoint, (it) => it.close());
    const health = endpoint?.address ?? null;
    const place = { address: hub.address, announced, rc: rcAddress, health, healthProblem };
    const status = () => statusOf(hub.services, place);
    const audit = (params: unknown) => answerAudit(store, clock, params);
    const copy = async (params: unknown) => {
      const path = copyRequest.safeParse(params);
      if (!path.success) throw new BackupError('the database can be copied to a path alone');
      return { anchor: await copyHubStore(store, clock, path.data.path) };
    };
    const handlers = { status, audit, copyStore: copy, ...officeHandlers(office) };
    resources.add(await serveControl(folder, handlers, surroundings.log), (control) => control.close());
    const { hubId: id, location } = identity;
    surroundings.log.info('the hub serves', { id, address: formatAddress(hub.address) });
    if (hub.services.limbasiya !== null) surroundings.log.warn(WHAT_IT_MEANS);
    return { id, location, address: hub.address, health, office, status, close: () => resources.close() };
  } catch (error) {
    await resources.close();
    throw error;
  }
}

/** Patients are not turned away for a port that only monitors need: a hub without it says so, and serves. */
async function healthEndpoint(
  { services, address }: Hub,
  surroundings: Surroundings,
  listen: Address | undefined,
): Promise<{ readonly endpoint: HealthEndpoint | null; readonly problem: string | null }> {
  if (listen === undefined) return { endpoint: null, problem: null };
  try {
    const endpoint = await serveHealth({
      surroundings,
      listen,
      health: () => examineHealth(services, address),
      metrics: () => services.meter.text(services),
    });
    return { endpoint, problem: null };
  } catch (cause) {
    if (!(cause instanceof NetworkError)) throw cause;
    // Of the network's words those for the hub's own port do not fit.
    const why = cause.message.replace('--listen', '--health');
    const problem = `health and metrics cannot be asked for: ${why}`;
    surroundings.log.warn(problem);
    return { endpoint: null, problem };
  }
}

function frontFor(options: ServeOptions): Front {
  const {
    surroundings,
    workers: count = 1,
    startWorker: start = startClusterWorker,
    logLevel = 'info',
  } = options;
  if (count === 1) return new OwnFront(surroundings);
  return new WorkerPool({ surroundings, count, start, logLevel });
}
