import { setTimeout as delay } from 'node:timers/promises';
import { fromHex } from '../../protocol/bytes.ts';
import { serverPrimitives } from '../../protocol/crypto/fastest.ts';
import type { Primitives } from '../../protocol/crypto/primitives.ts';
import { STATUS } from '../../protocol/login/messages.ts';
import { WIRE_ERROR } from '../../protocol/wire-error.ts';
import { systemClock } from '../../runtime/clock.ts';
import { systemRandom } from '../../runtime/random.ts';
import { tcpNetwork } from '../../runtime/tcp-network.ts';
import { type CompiledHub, HUB_ID } from '../bench/login/compiled-hub.ts';
import { type BenchKey, benchKeys, keyOf, uidOf } from '../bench/login/population.ts';
import { HubSaidError, TestDevice } from '../hub/test-device.ts';

/** So many different blinded PINs: a card that repeats its last one takes no new try. */
const BLINDED = 101;
/** So often a login comes again where the hub is busy, and after so long. */
const BUSY_MAX = 600;
const BUSY_MS = 100;

/** The patients of a compiled hub: each logs in with a card of its own. */
export class BenchPatients {
  readonly count: number;
  readonly #hub: CompiledHub;
  readonly #primitives: Primitives;
  readonly #keys: readonly BenchKey[];
  readonly #blinded: readonly Uint8Array[];
  readonly #network = tcpNetwork(systemClock);

  private constructor(hub: CompiledHub, primitives: Primitives, keys: readonly BenchKey[]) {
    this.#hub = hub;
    this.count = hub.cards;
    this.#primitives = primitives;
    this.#keys = keys;
    this.#blinded = Array.from({ length: BLINDED }, () => primitives.deriveElement(systemRandom(64)));
  }

  static async at(hub: CompiledHub): Promise<BenchPatients> {
    return new BenchPatients(hub, await serverPrimitives(), await benchKeys(HUB_ID));
  }

  /**
   * A session for patient `index`: the first right login after whatever was before, with all tries there. A hub that
   * says that it has too much to do is asked again; and so is one that found this process too slow, on a busy machine:
   * that was a wrong try of its own making.
   */
  async logIn(index: number, number: number): Promise<TestDevice> {
    let slow = 0;
    for (let times = 1; ; times++) {
      try {
        return await this.#logInOnce(index, number, slow);
      } catch (cause) {
        const code = cause instanceof HubSaidError ? cause.code : undefined;
        if (code === WIRE_ERROR.timeout) slow += 1;
        if ((code !== WIRE_ERROR.busy && code !== WIRE_ERROR.timeout) || times === BUSY_MAX) throw cause;
        await delay(BUSY_MS);
      }
    }
  }

  async #logInOnce(index: number, number: number, slow: number): Promise<TestDevice> {
    const address = { host: '127.0.0.1', port: this.#hub.port };
    const primitives = this.#primitives;
    const device = await TestDevice.connect(this.#network, address, { hubId: HUB_ID, primitives });
    try {
      await device.hello();
      const blinded = this.#blinded[number % BLINDED] ?? new Uint8Array(0);
      const request = { uid: uidOf(index), pinVersion: 1, blinded };
      device.send(device.loginBody(fromHex(this.#hub.hubStatic), request));
      const { status } = await device.challenge();
      if (status !== STATUS.goOn) throw new Error(`the hub answers a right login with status ${status}`);
      device.send(device.proofBody({ ...keyOf(this.#keys, index), terminalId: 'desk-1' }));
      const { failed } = await device.welcome();
      if (failed > slow)
        throw new Error(`the hub counts ${failed} wrong tries of a patient who made ${slow}`);
      return device;
    } catch (cause) {
      device.close();
      throw cause;
    }
  }
}
