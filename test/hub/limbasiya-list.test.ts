import { describe, expect, it, onTestFinished } from 'vitest';
import { RcUnreachableError } from '../../certs/rc-errors.ts';
import { Reach } from '../../hub/feed/reach.ts';
import { type LimbasiyaRc, PatientList } from '../../hub/limbasiya/patient-list.ts';
import { createHubStore, openHubStore } from '../../hub/store/store.ts';
import { fromHex, toHex } from '../../protocol/bytes.ts';
import { noble } from '../../protocol/crypto/noble.ts';
import { computeOmega } from '../../protocol/limbasiya/updation.ts';
import type {
  HubPatientsRequest,
  HubPatientsResponse,
  LimbasiyaPatient,
} from '../../protocol/rc-api/limbasiya.ts';
import { WIRE_ERROR } from '../../protocol/wire-error.ts';
import { silentLog } from '../../runtime/pino-log.ts';
import { systemRandom } from '../../runtime/random.ts';
import { SimulatedClock } from '../../runtime/simulated-clock.ts';
import { tcpNetwork } from '../../runtime/tcp-network.ts';
import { randomHex } from '../rc/registering.ts';
import { temporaryFolder } from '../runtime/temporary-folder.ts';
import { LimbasiyaDevice } from './limbasiya-device.ts';
import { Site, until } from './site.ts';
import { HUB_ID } from './test-rc.ts';

const IDENTITY = { Q: new Uint8Array(32).fill(1), SSK: new Uint8Array(32).fill(2) };

/** A registration centre that answers with pages of two, when it is told to. */
class PagingRc implements LimbasiyaRc {
  patients: LimbasiyaPatient[] = [];
  readonly asked: HubPatientsRequest[] = [];
  failsAt: number | undefined;
  isHeld = false;
  #release: () => void = () => {};

  async hubPatients(request: HubPatientsRequest): Promise<HubPatientsResponse> {
    this.asked.push(request);
    const { after = 0 } = request;
    const answer = this.patients.slice(after, after + 2);
    if (this.isHeld) await new Promise<void>((resolve) => (this.#release = resolve));
    if (this.failsAt === after) throw new RcUnreachableError('the registration centre is away');
    return { patients: answer, next: after + 2 < this.patients.length ? after + 2 : null };
  }

  release(): void {
    this.isHeld = false;
    this.#release();
  }
}

function patient(): LimbasiyaPatient {
  return { uid: randomHex(32), c: randomHex(32), subject: randomHex(16) };
}

function openList() {
  const clock = new SimulatedClock();
  const rc = new PagingRc();
  const folder = temporaryFolder();
  createHubStore(folder);
  const store = openHubStore(folder);
  onTestFinished(() => store.close());
  const gone: string[] = [];
  const warnings: string[] = [];
  const list = new PatientList({
    rc,
    identity: IDENTITY,
    patients: store.patients,
    primitives: noble,
    surroundings: {
      clock,
      network: tcpNetwork(clock),
      random: systemRandom,
      log: { ...silentLog, warn: (event) => warnings.push(event) },
    },
    reach: new Reach(clock),
    onGone: (uids) => gone.push(...uids.map(toHex)),
  });
  return { clock, rc, list, gone, warnings };
}

describe('the list of limbasiya-2021', () => {
  it('is read page by page, each with an ω of its time, and takes the old one’s place as a whole', async () => {
    const { clock, rc, list, gone } = openList();
    const [first, second, third, fourth] = [patient(), patient(), patient(), patient()];
    rc.patients = [first, second, third];
    await list.refresh();
    expect(await list.count()).toBe(3);
    expect(rc.asked).toEqual([0, 2].map((after) => ({ ...omegaNow(clock), after })));
    clock.jump(5_000);
    rc.patients = [{ ...first, c: randomHex(32) }, third, fourth];
    await list.refresh();
    expect(rc.asked.at(-1)).toEqual({ ...omegaNow(clock), after: 2 });
    expect(gone).toEqual([second.uid]);
    expect(await list.count()).toBe(3);
    const [changed] = rc.patients;
    expect(toHex((await list.find(fromHex(first.uid)))?.C ?? new Uint8Array(0))).toBe(changed?.c);
    expect(await list.find(fromHex(second.uid))).toBeNull();
  });

  it('stays as it was when one of the pages does not come', async () => {
    const { rc, list, gone, warnings } = openList();
    rc.patients = [patient(), patient(), patient()];
    await list.refresh();
    const [kept] = rc.patients;
    rc.patients = [patient(), patient(), patient()];
    rc.failsAt = 2;
    await list.refresh();
    expect(await list.find(fromHex(kept?.uid ?? ''))).not.toBeNull();
    expect([await list.count(), gone, warnings.length]).toEqual([3, [], 1]);
    rc.failsAt = undefined;
    await list.refresh();
    expect(await list.find(fromHex(kept?.uid ?? ''))).toBeNull();
  });

  it('is asked for once more, not more often, for those who ask while it comes', async () => {
    const { rc, list } = openList();
    rc.isHeld = true;
    const first = list.refresh();
    await until(async () => rc.asked.length === 1);
    const late = patient();
    rc.patients = [late];
    const others = [list.refresh(), list.refresh(), list.refresh()];
    rc.release();
    await first;
    await Promise.all(others);
    expect(rc.asked).toHaveLength(2);
    expect(await list.count()).toBe(1);
  });
});

function omegaNow(clock: SimulatedClock) {
  const time = clock.now();
  return { omega: toHex(computeOmega(noble, IDENTITY, time)), time };
}

/** A terminal with the card of `patient`, connected to the site's hub. */
async function deviceOf(site: Site, { uid, c }: LimbasiyaPatient): Promise<LimbasiyaDevice> {
  const card = { UID: fromHex(uid), C: fromHex(c) };
  const hub = { ID: HUB_ID, SSK: IDENTITY.SSK };
  const device = await LimbasiyaDevice.connect(site.hub.address, { card, hub });
  onTestFinished(() => device.wire.close());
  return device;
}

describe('a hub that meets unknown cards', () => {
  async function openSite() {
    const rc = new PagingRc();
    const site = await Site.open({ limbasiya: { identity: IDENTITY, rc } });
    await until(async () => rc.asked.length === 1);
    /** A LOGIN of a card, which is refused. */
    const logIn = async (one: LimbasiyaPatient) => {
      const device = await deviceOf(site, one);
      return device.challenge(site.clock.now()).then(
        () => 'let in',
        (error: { readonly code: number }) => error.code,
      );
    };
    return { rc, site, logIn };
  }

  it('asks for the same one once a minute, and finds it then', async () => {
    const { rc, site, logIn } = await openSite();
    const card = patient();
    expect(await logIn(card)).toBe(WIRE_ERROR.notAuthenticated);
    rc.patients = [card];
    await site.clock.advance(59_000);
    expect(await logIn(card)).toBe(WIRE_ERROR.notAuthenticated);
    expect(rc.asked).toHaveLength(2);
    await site.clock.advance(1_000);
    expect(await logIn(card)).toBe('let in');
    expect(rc.asked).toHaveLength(3);
  });

  it('asks at most five times a second', async () => {
    const { rc, site, logIn } = await openSite();
    for (let n = 0; n < 8; n++) expect(await logIn(patient())).toBe(WIRE_ERROR.notAuthenticated);
    expect(rc.asked).toHaveLength(1 + 5);
    await site.clock.advance(1_000);
    await logIn(patient());
    expect(rc.asked).toHaveLength(1 + 6);
  });

  it('waits no longer for the registration centre than a patient should', async () => {
    const { rc, site, logIn } = await openSite();
    rc.isHeld = true;
    const waiting = logIn(patient());
    await until(async () => rc.asked.length === 2);
    await site.clock.advance(2_000);
    expect(await waiting).toBe(WIRE_ERROR.notAuthenticated);
    rc.release();
  });
});

describe('a hub with workers that accepts limbasiya-2021', () => {
  it('logs a listed card in at each of them, serves it, and lets no other in', async () => {
    const rc = new PagingRc();
    const listed = patient();
    rc.patients = [listed];
    const site = await Site.open({ workers: 2, limbasiya: { identity: IDENTITY, rc } });
    await until(async () => rc.asked.length === 1);
    const now = site.clock.now();
    const workers = new Set<unknown>();
    for (let n = 0; n < 2; n++) {
      const device = await deviceOf(site, listed);
      workers.add(site.memoryWorkers?.latest);
      const welcome = await device.enter(await device.challenge(now), now);
      expect(welcome).toMatchObject({ location: 'Goa', failed: 0 });
      const info = await device.wire.call('session.info', {});
      expect(info).toMatchObject({ suite: 'limbasiya-2021', subject: listed.subject });
      await device.wire.call('encounter.checkIn', {});
    }
    expect(workers.size).toBe(2);
    expect(await site.hub.services.records.queue()).toMatchObject([{ place: 1, subject: listed.subject }]);
    await expect((await deviceOf(site, patient())).challenge(now)).rejects.toMatchObject({
      code: WIRE_ERROR.notAuthenticated,
    });
    const forged = await deviceOf(site, { ...listed, c: randomHex(32) });
    await expect(forged.challenge(now).then((body) => forged.enter(body, now))).rejects.toThrow();
  });
});
