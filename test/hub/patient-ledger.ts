import { expect } from 'vitest';
import { ATTEMPTS_MAX, FAILURES_MAX } from '../../hub/card.ts';
import { type Bundle, nextAfter } from '../../protocol/fhir/resources.ts';
import { STATUS } from '../../protocol/login/messages.ts';
import type { Address } from '../../runtime/network.ts';
import { temperature } from '../protocol/fhir/observations.ts';
import type { SeededRandom } from '../soak/seeded-random.ts';
import { challengeAt } from './hub-process.ts';
import { attemptOf, proofWithPin, type TestDevice } from './test-device.ts';
import type { Issued } from './test-rc.ts';

/** What all patients of a trial have seen, of which nothing may come twice. */
export class SeenOnce {
  readonly #seen = new Set<string>();

  see(what: string): void {
    expect(this.#seen).not.toContain(what);
    this.#seen.add(what);
  }

  get count(): number {
    return this.#seen.size;
  }
}

/**
 * A patient at a hub that dies again and again, who keeps account of what the hub has said: how many tries are
 * gone, at least and at most, how many were never given back under this PIN, and which measurements it has
 * acknowledged. What it says later must fit.
 */
export class LedgerPatient {
  readonly #card: Issued;
  readonly #pin: string;
  readonly #sessionKeys: SeenOnce;
  readonly #acknowledged = new Set<string>();
  /** Sent, and not answered: kept or not. */
  #inDoubt: ReturnType<typeof temperature> | undefined;
  #goneAtLeast = 0;
  #goneAtMost = 0;
  /** Tries that may stand as failures; never set back, since the PIN stays. */
  #failuresAtMost = 0;
  /** Those that do: the hub has answered them, and they were wrong. */
  #failuresAtLeast = 0;
  #measurements = 0;
  isLocked = false;

  constructor(card: Issued, pin: string, sessionKeys: SeenOnce) {
    this.#card = card;
    this.#pin = pin;
    this.#sessionKeys = sessionKeys;
  }

  get acknowledgedRecords(): number {
    return this.#acknowledged.size;
  }

  /** One visit: a wrong PIN or the right one, and then a measurement. @throws where the connection breaks */
  async visit(address: Address, random: SeededRandom, onAcknowledged: () => void): Promise<void> {
    // The last tries are for the right PIN, so that patients stay.
    const isWrong = this.#goneAtMost < 2 && random.next() < 0.25;
    const attempt = attemptOf(isWrong ? '000000' : this.#pin);
    this.#sends();
    const { device, challenge } = await challengeAt(address, this.#card, attempt);
    try {
      this.#checkTries(challenge);
      onAcknowledged();
      if (this.isLocked) return;
      if (isWrong) {
        this.#failuresAtLeast += 1;
        return;
      }
      // From here on the try may be given back, whether or not the patient hears of it.
      this.#goneAtLeast = 0;
      device.send(device.proofBody(await proofWithPin(this.#card.image, attempt, challenge.evaluated)));
      const { failed } = await device.welcome();
      expect(failed).toBe(ATTEMPTS_MAX - 1 - challenge.attemptsLeft);
      this.#enters();
      if (device.transport !== undefined) this.#sessionKeys.see(device.transport.fingerprint);
      onAcknowledged();
      await this.#measure(device);
      onAcknowledged();
    } finally {
      device.close();
    }
  }

  /** A last visit: the tries are as they must be, and every measurement that was acknowledged is there, once. */
  async check(address: Address): Promise<void> {
    const attempt = attemptOf(this.#pin);
    this.#sends();
    const { device, challenge } = await challengeAt(address, this.#card, attempt);
    this.#checkTries(challenge);
    if (this.isLocked) {
      device.close();
      return;
    }
    device.send(device.proofBody(await proofWithPin(this.#card.image, attempt, challenge.evaluated)));
    await device.welcome();
    this.#enters();
    const found = await namesOf(device);
    device.close();
    expect(found).toEqual([...new Set(found)]);
    expect(found).toEqual(expect.arrayContaining([...this.#acknowledged]));
    expect(found.length - this.#acknowledged.size).toBeLessThanOrEqual(1);
  }

  /** A LOGIN that may or may not be counted. */
  #sends(): void {
    this.#goneAtMost += 1;
    this.#failuresAtMost += 1;
  }

  /** Its try was given back. */
  #enters(): void {
    [this.#goneAtLeast, this.#goneAtMost] = [0, 0];
    this.#failuresAtMost -= 1;
  }

  #checkTries({ status, attemptsLeft }: { readonly status: number; readonly attemptsLeft: number }): void {
    if (status === STATUS.locked) {
      const isDue = this.#goneAtMost > ATTEMPTS_MAX || this.#failuresAtMost > FAILURES_MAX;
      expect({ isDue, gone: this.#goneAtMost, failures: this.#failuresAtMost }).toMatchObject({
        isDue: true,
      });
      this.isLocked = true;
      return;
    }
    expect(this.isLocked).toBe(false);
    expect(this.#failuresAtLeast).toBeLessThan(FAILURES_MAX);
    expect(status).toBe(STATUS.goOn);
    const gone = ATTEMPTS_MAX - attemptsLeft;
    expect(gone).toBeGreaterThan(this.#goneAtLeast);
    expect(gone).toBeLessThanOrEqual(this.#goneAtMost);
    [this.#goneAtLeast, this.#goneAtMost] = [gone, gone];
  }

  /** What was in doubt is sent again, as a terminal does; else a new one. */
  async #measure(device: TestDevice): Promise<void> {
    this.#inDoubt ??= temperature(`m-${this.#measurements++}`);
    await device.call('observation.create', this.#inDoubt);
    this.#acknowledged.add(nameOf(this.#inDoubt));
    this.#inDoubt = undefined;
  }
}

function nameOf({ identifier }: { readonly identifier: readonly { readonly value: string }[] }): string {
  return identifier[0]?.value ?? '';
}

async function namesOf(device: TestDevice): Promise<string[]> {
  const names: string[] = [];
  for (let after: string | null = null; ; ) {
    const bundle: Bundle = await device.call('patient.summary', after === null ? {} : { after });
    for (const { resource } of bundle.entry) {
      if (resource.resourceType === 'Observation') names.push(nameOf(resource));
    }
    after = nextAfter(bundle);
    if (after === null) return names;
  }
}
