import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RcClient } from '../certs/rc-client.ts';
import { loadTlsIdentity } from '../certs/tls-identity.ts';
import { joinDevice } from '../device/join.ts';
import { type TapResult, tapOnce } from '../device/serve-taps.ts';
import { assembleTerminal } from '../device/tap-tools.ts';
import type { Goal } from '../device/terminal/state.ts';
import { type CardReader, openCardReader } from '../hardware/card-reader.ts';
import type { Panel } from '../hardware/panel/panel.ts';
import { openSensor } from '../hardware/sensor/open-sensor.ts';
import type { Sensor } from '../hardware/sensor/sensor.ts';
import { parseSensor } from '../hardware/sensor/sensor-kinds.ts';
import { blankNtag, type NtagKind } from '../hardware/sim/ntag-models.ts';
import { type VirtualReader, virtualReaderOfFile } from '../hardware/sim/virtual-reader.ts';
import { joinHub } from '../hub/join.ts';
import { type RunningHub, serveHub } from '../hub/serve.ts';
import type { CardSummary } from '../protocol/rc-api/cards.ts';
import { type RegisterCardOptions, type RegisteredCard, registerCard } from '../rc/console/register-card.ts';
import { registerLimbasiyaCard } from '../rc/console/register-limbasiya-card.ts';
import { initRc } from '../rc/init.ts';
import { type RunningRc, serveRc } from '../rc/serve.ts';
import { formatAddress } from '../runtime/address.ts';
import { sleep } from '../runtime/clock.ts';
import type { Address } from '../runtime/network.ts';
import { Resources } from '../runtime/stop.ts';
import type { Surroundings } from '../runtime/surroundings.ts';

const LOOPBACK = '127.0.0.1';
/** NXP's. */
const TAG_VENDOR = 0x04;
const CAUGHT_UP_POLL_MS = 20;
const CAUGHT_UP_LIMIT_MS = 10_000;

export interface SiteOptions {
  readonly surroundings: Surroundings;
  /** Everything lives below it. */
  readonly folder: string;
  /** scrypt's N = 2^logN on new cards: 14 in life, 0 where a test is in a hurry. */
  readonly logN: number;
  /** Hubs and terminal take cards of this suite, too. */
  readonly allow?: 'limbasiya-2021' | undefined;
  /** Hubs are asked for health and metrics on ports of their own. */
  readonly health?: boolean | undefined;
  /** What the terminal sees of the world, where that differs: a worse network, a faster clock. */
  readonly terminalSurroundings?: Partial<Surroundings>;
  /** What hubs see of it: a log of their own. */
  readonly hubSurroundings?: Partial<Surroundings>;
}

/**
 * A whole network in one process: a registration centre, hubs, a registrar's desk and a terminal, each with
 * its own folder and its own virtual reader. A card is a file; it lies on a reader while it is in the place
 * that the reader looks at.
 */
export class Site {
  readonly #options: SiteOptions;
  readonly #resources = new Resources();
  readonly #hubs = new Map<string, RunningHub>();
  /** As hubs are started and taps served from now on. */
  allow: SiteOptions['allow'];
  #rc: RunningRc | undefined;
  #rcAddress: Address = { host: LOOPBACK, port: 0 };
  #operator: RcClient | undefined;
  readonly desk: ReaderWithCard;
  readonly terminal: ReaderWithCard;
  #thermometer: Sensor | undefined;

  constructor(options: SiteOptions) {
    this.#options = options;
    this.allow = options.allow;
    const { clock } = options.surroundings;
    this.desk = new ReaderWithCard(join(options.folder, 'on-the-desk-reader'), clock);
    this.terminal = new ReaderWithCard(join(options.folder, 'on-the-terminal-reader'), clock);
    this.#resources.add(this.desk.reader, (reader) => reader.close());
    this.#resources.add(this.terminal.reader, (reader) => reader.close());
  }

  get rcAddress(): Address {
    return this.#rcAddress;
  }

  get clock(): Surroundings['clock'] {
    return this.#options.surroundings.clock;
  }

  /** The first operator's client of the RC. */
  get operator(): RcClient {
    if (this.#operator === undefined) throw new Error('the network is not set up');
    return this.#operator;
  }

  hub(id: string): RunningHub {
    const hub = this.#hubs.get(id);
    if (hub === undefined) throw new Error(`hub ${id} does not run`);
    return hub;
  }

  folderOf(part: string): string {
    return join(this.#options.folder, part);
  }

  async setUpNetwork(): Promise<void> {
    const { surroundings, folder } = this.#options;
    await mkdir(join(folder, 'wallet'), { recursive: true });
    await initRc({ surroundings, folder: this.folderOf('rc'), address: this.#rcAddress });
    await this.startRc();
    const identity = await loadTlsIdentity(this.folderOf('rc'), 'operator');
    this.#operator = new RcClient({ surroundings, rc: this.#rcAddress, identity });
    this.#resources.add(this.#operator, (client) => client.close());
  }

  async startRc(): Promise<void> {
    const { surroundings } = this.#options;
    this.#rc = await serveRc({ surroundings, folder: this.folderOf('rc'), listen: this.#rcAddress });
    this.#rcAddress = this.#rc.address;
  }

  async stopRc(): Promise<void> {
    await this.#rc?.close();
    this.#rc = undefined;
  }

  /** A new hub: a token for it, its join, its start. */
  async addHub(id: string, location: string): Promise<RunningHub> {
    const { surroundings } = this.#options;
    const address = await this.#freeAddress();
    const { token } = await this.operator.mintToken({
      kind: 'hub',
      id,
      location,
      address: formatAddress(address),
    });
    await joinHub({ surroundings, folder: this.folderOf(id), token });
    return await this.startHub(id, address);
  }

  async startHub(id: string, listen: Address): Promise<RunningHub> {
    const { health, hubSurroundings } = this.#options;
    const surroundings = { ...this.#options.surroundings, ...hubSurroundings };
    const { allow = 'none' } = this;
    const hub = await serveHub({
      surroundings,
      folder: this.folderOf(id),
      listen,
      allow,
      health: health ? { host: LOOPBACK, port: 0 } : undefined,
    });
    this.#hubs.set(id, hub);
    return hub;
  }

  /** Stops a hub in order; its files and its address stay. */
  async stopHub(id: string): Promise<Address> {
    const hub = this.hub(id);
    this.#hubs.delete(id);
    await hub.close();
    return hub.address;
  }

  async addTerminal(id: string): Promise<void> {
    const { surroundings } = this.#options;
    const { token } = await this.operator.mintToken({ kind: 'device', id });
    await joinDevice({ surroundings, folder: this.folderOf('terminal'), token });
  }

  /** A thermometer beside the terminal's reader, on a virtual board of its own. */
  get thermometer(): Sensor {
    if (this.#thermometer !== undefined) return this.#thermometer;
    const { clock } = this.#options.surroundings;
    const sensor = openSensor('sim:', parseSensor('mcp9808'), { clock });
    this.#resources.add(sensor, (opened) => opened.close());
    this.#thermometer = sensor;
    return sensor;
  }

  /** A card as it comes from the shop, in the patient's wallet. */
  async buyCard(name: string, kind: NtagKind): Promise<string> {
    const wallet = join(this.folderOf('wallet'), name);
    const uid = this.#options.surroundings.random(7);
    uid[0] = TAG_VENDOR;
    await writeFile(wallet, blankNtag(kind, uid));
    return wallet;
  }

  /** Lays the card in `wallet` on the desk's reader and registers it there: for a new patient, or one who exists. */
  async register(
    wallet: string,
    patient: string | RegisterCardOptions['patient'],
    pin: string,
  ): Promise<RegisteredCard> {
    const { surroundings, logN } = this.#options;
    return await this.desk.withCard(wallet, async (reader) =>
      registerCard({
        client: this.operator,
        surroundings,
        card: await reader.waitForCard(),
        pin,
        patient: typeof patient === 'string' ? { name: patient } : patient,
        logN,
        recovery: true,
        force: false,
      }),
    );
  }

  /** The same under `limbasiya-2021`. */
  async registerLimbasiya(
    wallet: string,
    name: string,
    { identity, password }: { readonly identity: string; readonly password: string },
  ): Promise<CardSummary> {
    const { surroundings } = this.#options;
    return await this.desk.withCard(wallet, async (reader) =>
      registerLimbasiyaCard({
        client: this.operator,
        surroundings,
        card: await reader.waitForCard(),
        identity,
        password,
        patient: { name },
        force: false,
      }),
    );
  }

  /** Lays the card in `wallet` on the terminal's reader, with `panel` as the patient. */
  async tap(options: {
    readonly wallet: string;
    /** The hub that the terminal is set to; a card of `limbasiya-2021` lets the patient choose without one. */
    readonly hub?: string;
    readonly panel: Panel;
    readonly goal?: Goal;
    /** What the patient is measured with. */
    readonly sensor?: Sensor | undefined;
    /** What this terminal sees of the world, where that differs. */
    readonly surroundings?: Partial<Surroundings>;
  }): Promise<TapResult> {
    return await this.terminal.withCard(options.wallet, async (reader) => {
      const { tools } = await assembleTerminal({
        surroundings: {
          ...this.#options.surroundings,
          ...this.#options.terminalSurroundings,
          ...options.surroundings,
        },
        folder: this.folderOf('terminal'),
        hub: options.hub,
        reader,
        panel: options.panel,
        sensor: options.sensor,
        allow: this.allow,
      });
      return tapOnce(tools, options.goal ?? 'serve');
    });
  }

  /** Waits until every hub that runs has taken all changes of the feed. */
  async hubsCaughtUp(): Promise<void> {
    const { clock } = this.#options.surroundings;
    const limit = clock.monotonic() + CAUGHT_UP_LIMIT_MS;
    for (;;) {
      const { hubs } = await this.operator.hubs();
      const waiting = hubs.filter(({ id, behind }) => this.#hubs.has(id) && behind > 0);
      if (waiting.length === 0) return;
      if (clock.monotonic() > limit)
        throw new Error(`hubs did not catch up: ${waiting.map(({ id }) => id).join(', ')}`);
      await sleep(clock, CAUGHT_UP_POLL_MS);
    }
  }

  async close(): Promise<void> {
    for (const hub of this.#hubs.values()) await hub.close();
    this.#hubs.clear();
    await this.stopRc();
    await this.#resources.close();
  }

  /** A port that the system says is free; a hub's address is in its token, before the hub listens on it. */
  async #freeAddress(): Promise<Address> {
    const listener = await this.#options.surroundings.network.listen(
      { host: LOOPBACK, port: 0 },
      (stream) => {
        stream.destroy();
      },
    );
    await listener.close();
    return listener.address;
  }
}

/** A virtual reader, and the place where a card must lie to be seen by it. */
export class ReaderWithCard {
  readonly reader: CardReader;
  readonly virtual: VirtualReader;
  readonly #place: string;

  constructor(place: string, clock: Surroundings['clock']) {
    this.#place = place;
    this.virtual = virtualReaderOfFile(place, { clock });
    this.reader = openCardReader({ open: this.virtual.open, clock });
  }

  async lay(wallet: string): Promise<void> {
    await rename(wallet, this.#place);
  }

  async take(wallet: string): Promise<void> {
    await rename(this.#place, wallet);
  }

  /** The card lies there while `work` goes on. */
  async withCard<T>(wallet: string, work: (reader: CardReader) => Promise<T>): Promise<T> {
    await this.lay(wallet);
    try {
      return await work(this.reader);
    } finally {
      await this.take(wallet);
    }
  }
}
