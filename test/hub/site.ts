import { onTestFinished } from 'vitest';
import { Authority, createAuthority } from '../../certs/authority.ts';
import type { HubIdentity } from '../../certs/hub-identity.ts';
import type { HeldCard } from '../../hub/card.ts';
import { type Hub, type HubOptions, startHub } from '../../hub/hub.ts';
import { DEFAULT_POLICY, type HubPolicy } from '../../hub/policy.ts';
import { RecordCipher } from '../../hub/records/cipher.ts';
import { CurrentIdentity } from '../../hub/renewal/current-identity.ts';
import { type PatientOrigin, patientOrigin } from '../../hub/store/audit.ts';
import { createHubStore, type HubStore, openHubStore } from '../../hub/store/store.ts';
import { WorkerPool } from '../../hub/workers/pool.ts';
import type { CardeaCard } from '../../protocol/card-image.ts';
import { type Challenge, STATUS } from '../../protocol/login/messages.ts';
import type { PinAttempt } from '../../protocol/pin-attempt.ts';
import type { Welcome } from '../../protocol/welcome.ts';
import type { Log } from '../../runtime/log.ts';
import type { Network } from '../../runtime/network.ts';
import { silentLog } from '../../runtime/pino-log.ts';
import { systemRandom } from '../../runtime/random.ts';
import { SimulatedClock } from '../../runtime/simulated-clock.ts';
import { tcpNetwork } from '../../runtime/tcp-network.ts';
import { temporaryFolder } from '../runtime/temporary-folder.ts';
import { fast } from '../support/fast.ts';
import { MemoryWorkers } from './memory-workers.ts';
import { attemptOf, NO_BLINDED, proofWithCode, proofWithPin, TestDevice } from './test-device.ts';
import { HUB_ID, type Issued, TestRc } from './test-rc.ts';

export const RECORDS_KEY = systemRandom(32);
const LOOPBACK = { host: '127.0.0.1', port: 0 };

export interface SiteOptions {
  readonly clock?: SimulatedClock;
  /** Where it keeps its store; a temporary folder when left out. */
  readonly folder?: string;
  /** Terminals are served by so many workers, in this process. */
  readonly workers?: number;
  readonly policy?: Partial<HubPolicy>;
  readonly limbasiya?: HubOptions['limbasiya'];
}

/** One hub on real sockets and a real file, with a registration centre in memory and a clock that stands still. */
export class Site {
  readonly clock: SimulatedClock;
  readonly network: Network;
  readonly rc: TestRc;
  readonly folder: string;
  readonly identity: HubIdentity;
  readonly warnings: string[] = [];
  readonly errors: string[] = [];
  memoryWorkers: MemoryWorkers | undefined;
  readonly #log: Log = {
    ...silentLog,
    warn: (event) => this.warnings.push(event),
    error: (event) => this.errors.push(event),
  };
  readonly #options: SiteOptions;
  readonly #devices: TestDevice[] = [];
  #running: { readonly hub: Hub; readonly store: HubStore } | undefined;

  private constructor(folder: string, identity: HubIdentity, options: SiteOptions) {
    this.folder = folder;
    this.identity = identity;
    this.#options = options;
    this.clock = options.clock ?? new SimulatedClock();
    this.network = tcpNetwork(this.clock);
    this.rc = new TestRc(this.clock);
  }

  static async open(options: SiteOptions = {}): Promise<Site> {
    const site = new Site(options.folder ?? temporaryFolder(), await hubIdentity(), options);
    createHubStore(site.folder);
    onTestFinished(() => site.stop());
    await site.start();
    return site;
  }

  get hub(): Hub {
    if (this.#running === undefined) throw new Error('the hub does not run');
    return this.#running.hub;
  }

  get store(): HubStore {
    return this.hub.services.store;
  }

  /** A patient at a terminal on this machine. */
  get origin(): PatientOrigin {
    return patientOrigin(this.clock, '127.0.0.1', 'desk-1');
  }

  /** Starts the hub on its folder and waits until it has read the feed. */
  async start(): Promise<void> {
    const store = openHubStore(this.folder, this.clock);
    const hub = await startHub({
      surroundings: {
        clock: this.clock,
        network: this.network,
        random: systemRandom,
        log: this.#log,
      },
      primitives: fast,
      identity: new CurrentIdentity(this.identity, this.clock),
      policy: { ...DEFAULT_POLICY, timeZone: 'Asia/Kolkata', ...this.#options.policy },
      store,
      cipher: new RecordCipher(fast, RECORDS_KEY, systemRandom),
      rc: this.rc,
      listen: LOOPBACK,
      ...this.#front(),
      ...(this.#options.limbasiya && { limbasiya: this.#options.limbasiya }),
    });
    this.#running = { hub, store };
    await until(async () => this.rc.isAway || (await store.lists.position()) !== null);
  }

  #front(): Pick<HubOptions, 'front'> {
    const { workers: count } = this.#options;
    if (count === undefined) return {};
    const { clock, network } = this;
    this.memoryWorkers = new MemoryWorkers({ clock, network });
    const surroundings = { clock, network, random: systemRandom, log: this.#log };
    const { start } = this.memoryWorkers;
    return { front: new WorkerPool({ surroundings, count, start, logLevel: 'silent' }) };
  }

  async stop({ keepDevices = false } = {}): Promise<void> {
    if (!keepDevices) for (const device of this.#devices.splice(0)) device.close();
    const running = this.#running;
    this.#running = undefined;
    await running?.hub.close();
    running?.store.close();
    this.rc.isAway = false;
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** The registration centre has been away for so many days. */
  async awayFor(days: number): Promise<void> {
    this.rc.isAway = true;
    this.rc.breakConnections();
    this.clock.jump(days * 86_400_000);
    await this.clock.advance(120_000);
  }

  /** A card that the hub knows. */
  async register(pin: string, options: { readonly recovery?: boolean } = {}): Promise<Issued> {
    const issued = await this.rc.register(pin, options);
    await until(async () => (await this.store.findCard(issued.image.uid)) !== null);
    return issued;
  }

  /** The hub has heard that a card is as it should be. */
  async untilCard({ image }: Issued, isSo: (card: HeldCard) => boolean): Promise<void> {
    await until(async () => {
      const card = await this.store.findCard(image.uid);
      return card !== null && isSo(card);
    });
  }

  async connect(): Promise<TestDevice> {
    const device = await TestDevice.connect(this.network, this.hub.address);
    this.#devices.push(device);
    await device.hello();
    return device;
  }

  /** As far as the CHALLENGE. */
  async challenge(
    card: CardeaCard,
    blinded: Uint8Array,
  ): Promise<{ readonly device: TestDevice; readonly challenge: Challenge }> {
    const device = await this.connect();
    device.send(
      device.loginBody(this.identity.hubStatic, { uid: card.uid, pinVersion: card.pinVersion, blinded }),
    );
    return { device, challenge: await device.challenge() };
  }

  /** Only the status of a LOGIN. */
  async status(card: CardeaCard, blinded: Uint8Array = attemptOf('999999').blinded): Promise<number> {
    const { device, challenge } = await this.challenge(card, blinded);
    device.close();
    await this.settled();
    return challenge.status;
  }

  /** A whole login with the right PIN. */
  async logIn(
    card: CardeaCard,
    pin: string | PinAttempt,
  ): Promise<{ readonly device: TestDevice; readonly welcome: Welcome }> {
    const attempt = typeof pin === 'string' ? attemptOf(pin) : pin;
    const { device, challenge } = await this.challenge(card, attempt.blinded);
    if (challenge.status !== STATUS.goOn) throw new Error(`status ${challenge.status}`);
    device.send(device.proofBody(await proofWithPin(card, attempt, challenge.evaluated)));
    return { device, welcome: await device.welcome() };
  }

  /** A whole login with the recovery code. */
  async recover({ image, code }: Issued): Promise<TestDevice> {
    if (code === null) throw new Error('no recovery code');
    const { device } = await this.challenge(image, NO_BLINDED);
    device.send(device.proofBody(proofWithCode(image, code)));
    await device.welcome();
    return device;
  }

  /** A wrong PIN: takes a try and leaves. @returns the tries that are left */
  async wrongTry(card: CardeaCard): Promise<number> {
    const { device, challenge } = await this.challenge(card, attemptOf('000000').blinded);
    if (challenge.status !== STATUS.goOn) throw new Error(`status ${challenge.status}`);
    device.close();
    await this.settled();
    return challenge.attemptsLeft;
  }

  /** Every connection is over and what it took is settled. */
  async settled(): Promise<void> {
    await until(async () => this.hub.services.gate.connections === this.hub.services.sessions.count);
  }
}

/** Waits until `condition` holds, a turn of the event loop at a time. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 10_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error('what was waited for did not happen');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export async function hubIdentity(now = new SimulatedClock().now()): Promise<HubIdentity> {
  const authority = await Authority.open(
    await createAuthority({ name: 'Test', now, random: systemRandom }),
    systemRandom,
  );
  const privateKey = systemRandom(32);
  const publicKey = fast.x25519Public(privateKey);
  const certificate = await authority.issueHub({
    id: HUB_ID,
    location: 'Goa',
    address: { host: '127.0.0.1', port: 8441 },
    publicKey,
    now,
  });
  return {
    hubId: HUB_ID,
    location: 'Goa',
    hubStatic: publicKey,
    notBefore: now,
    notAfter: now + 14 * 86_400_000,
    keyPair: { privateKey, publicKey },
    chain: [certificate, authority.certificate],
  };
}
