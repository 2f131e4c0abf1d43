import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { RcClient } from '../../certs/rc-client.ts';
import { type JoinedHub, joinHub } from '../../hub/join.ts';
import type { AllowedSuite } from '../../hub/policy.ts';
import { type RunningHub, serveHub } from '../../hub/serve.ts';
import type { Welcome } from '../../protocol/welcome.ts';
import { SimulatedClock } from '../../runtime/simulated-clock.ts';
import type { Surroundings } from '../../runtime/surroundings.ts';
import { type IssuedCard, registerLimbasiyaCard } from '../rc/limbasiya-cards.ts';
import { KeptLog, LOOPBACK, NOW, TestRc } from '../rc/running-rc.ts';
import { temporaryFolder } from '../runtime/temporary-folder.ts';
import { LimbasiyaDevice, type Tap } from './limbasiya-device.ts';
import { until } from './site.ts';

const LIST_READ = 'info the limbasiya-2021 list was read';

/** A registration centre and one hub that has joined it: real sockets, real files, and clocks that stand still. */
export class LimbasiyaSite {
  readonly rc: TestRc;
  readonly admin: RcClient;
  readonly folder = join(temporaryFolder(), 'hub');
  /** The hub's. */
  readonly clock = new SimulatedClock(NOW);
  readonly log = new KeptLog();
  readonly surroundings: Surroundings;
  joined: JoinedHub | undefined;
  #hub: RunningHub | undefined;

  private constructor(rc: TestRc, admin: RcClient) {
    this.rc = rc;
    this.admin = admin;
    this.surroundings = { ...rc.surroundings, clock: this.clock, log: this.log };
  }

  /** A hub that has joined and does not serve yet. */
  static async join({ location = 'Goa' } = {}): Promise<LimbasiyaSite> {
    const rc = await TestRc.start();
    const site = new LimbasiyaSite(rc, await rc.admin());
    onTestFinished(() => site.stop());
    const token = await rc.mint({ kind: 'hub', id: 'goa-01', location, address: '127.0.0.1:8441' });
    site.joined = await joinHub({ surroundings: site.surroundings, folder: site.folder, token });
    return site;
  }

  /** A hub that accepts limbasiya-2021. */
  static async open(): Promise<LimbasiyaSite> {
    const site = await LimbasiyaSite.join();
    await site.serve();
    return site;
  }

  get hub(): RunningHub {
    if (this.#hub === undefined) throw new Error('the hub does not serve');
    return this.#hub;
  }

  /** How often the hub has read its list. */
  get listsRead(): number {
    return this.log.lines.filter((line) => line.startsWith(LIST_READ)).length;
  }

  /** Serves, and waits until the hub has read what it reads when it starts. */
  async serve(allow: AllowedSuite = 'limbasiya-2021'): Promise<RunningHub> {
    const before = this.listsRead;
    const hub = await this.start(allow);
    await until(async () => (await hub.status()).takesLogins);
    await until(async () => allow === 'none' || this.listsRead > before);
    return hub;
  }

  /** Serves, with a registration centre that may be away. */
  async start(allow: AllowedSuite = 'limbasiya-2021'): Promise<RunningHub> {
    const { surroundings, folder } = this;
    this.#hub = await serveHub({ surroundings, folder, listen: LOOPBACK, allow });
    return this.#hub;
  }

  async stop(): Promise<void> {
    await this.#hub?.close();
    this.#hub = undefined;
  }

  /** What the hub reads when it starts: the next omega. */
  async restart(): Promise<void> {
    await this.stop();
    await this.serve();
  }

  /** A card, with the hub of its list that is this one. */
  async register(): Promise<IssuedCard & { readonly tap: Tap }> {
    const issued = await registerLimbasiyaCard(this.admin);
    return { ...issued, tap: tapOf(issued) };
  }

  async connect(tap: Tap): Promise<LimbasiyaDevice> {
    const device = await LimbasiyaDevice.connect(this.hub.address, tap);
    onTestFinished(() => device.wire.close());
    return device;
  }

  /** A whole login, at the hub's own time. */
  async logIn(tap: Tap): Promise<{ readonly device: LimbasiyaDevice; readonly welcome: Welcome }> {
    const device = await this.connect(tap);
    const now = this.clock.now();
    return { device, welcome: await device.enter(await device.challenge(now), now) };
  }
}

/** As a terminal would choose, where there is one hub. */
export function tapOf({ UID, C, hubs: [hub] }: IssuedCard): Tap {
  if (hub === undefined) throw new Error('there is no hub on the card');
  return { card: { UID, C }, hub };
}
