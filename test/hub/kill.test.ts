import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { hubStatus } from '../../hub/status.ts';
import { askControl } from '../../runtime/control-socket.ts';
import type { Address } from '../../runtime/network.ts';
import { SOAK } from '../hardware/soak.ts';
import { SeededRandom } from '../soak/seeded-random.ts';
import { childrenOf, type HubCommand, startServing } from './hub-process.ts';
import { openNetwork, type TestNetwork } from './network.ts';
import { LedgerPatient, SeenOnce } from './patient-ledger.ts';

const PIN = '246810';
const KILLS = SOAK ? 100 : 2;
const PATIENTS = 4;

interface Serving {
  readonly hub: HubCommand;
  readonly address: Address;
}

/** One hub that is killed again and again at random under its patients. */
class Trial {
  readonly #network: TestNetwork;
  readonly #words: readonly string[];
  readonly #random: SeededRandom;
  readonly #sessionKeys = new SeenOnce();
  readonly #patients: LedgerPatient[] = [];

  constructor(network: TestNetwork, words: readonly string[], random: SeededRandom) {
    this.#network = network;
    this.#words = words;
    this.#random = random;
  }

  get sessions(): number {
    return this.#sessionKeys.count;
  }

  get records(): number {
    return this.#patients.reduce((sum, patient) => sum + patient.acknowledgedRecords, 0);
  }

  start(): Promise<Serving> {
    return startServing(this.#network.hubFolder, ...this.#words);
  }

  /** Patients come and go until what serves them is killed, after so many answers. @returns who serves now */
  async round(serving: Serving): Promise<Serving> {
    while (this.#present().length < PATIENTS) {
      this.#patients.push(new LedgerPatient(await this.#network.register(PIN), PIN, this.#sessionKeys));
    }
    await this.#untilReady();
    const due = new AbortController();
    let left = this.#random.between(1, 30);
    const onAcknowledged = () => {
      left -= 1;
      if (left === 0) due.abort();
    };
    const visits = Promise.all(
      this.#present().map((patient) => this.#visits(patient, serving, due, onAcknowledged)),
    );
    // What does not fit is thrown below, once what served is gone.
    visits.catch(() => {});
    if (!due.signal.aborted) await once(due.signal, 'abort');
    const isHubToDie = this.#words.length === 0 || this.#random.next() < 0.5;
    await (isHubToDie ? endHub(serving) : endWorker(serving, this.#random));
    await visits;
    return isHubToDie ? this.start() : serving;
  }

  /** What the hub said to each holds. */
  async check({ address }: Serving): Promise<void> {
    await this.#untilReady();
    for (const patient of this.#patients) await patient.check(address);
  }

  #present(): LedgerPatient[] {
    return this.#patients.filter(({ isLocked }) => !isLocked);
  }

  /** The hub knows every card, and all of it serves. */
  async #untilReady(): Promise<void> {
    for (;;) {
      const status = hubStatus.parse(await askControl(this.#network.hubFolder, { method: 'status' }));
      const { takesLogins, cards, workers } = status;
      if (takesLogins && cards >= this.#patients.length && workers?.serving === workers?.wanted) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Visit after visit, until the connection breaks or the hub says that it is enough. */
  async #visits(
    patient: LedgerPatient,
    { address }: Serving,
    due: AbortController,
    onAcknowledged: () => void,
  ): Promise<void> {
    try {
      while (!patient.isLocked && !due.signal.aborted) {
        await patient.visit(address, this.#random, onAcknowledged);
      }
    } catch (cause) {
      // What does not fit fails the test; anything else is the death of what served, or its bounds.
      if (cause instanceof Error && cause.name === 'AssertionError') throw cause;
    } finally {
      due.abort();
    }
  }
}

async function endHub({ hub }: Serving): Promise<void> {
  const gone = once(hub.child, 'exit');
  hub.child.kill('SIGKILL');
  await gone;
}

async function endWorker({ hub }: Serving, random: SeededRandom): Promise<void> {
  process.kill(random.oneOf(await childrenOf(hub.child.pid)), 'SIGKILL');
}

describe('kill -9 at random under logins and writes', () => {
  it.each([
    ['of a hub', []],
    ['of a hub with workers, or of one of them', ['--workers', '2']],
  ])(
    '%s gives no try back, loses no measurement that was acknowledged, and has no session key twice',
    async (_what, words) => {
      const random = new SeededRandom(words.length);
      const trial = new Trial(await openNetwork(), words, random);
      let serving = await trial.start();
      for (let kills = 0; kills < KILLS; kills++) serving = await trial.round(serving);
      await trial.check(serving);
      expect(trial.sessions).toBeGreaterThan(0);
      expect(trial.records).toBeGreaterThan(0);
    },
    SOAK ? 7_200_000 : 300_000,
  );
});
