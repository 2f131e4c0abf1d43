import { noble } from '../../protocol/crypto/noble.ts';
import { LimbasiyaDeviceLogin } from '../../protocol/limbasiya/device-login.ts';
import type { ListedHub } from '../../protocol/limbasiya/list.ts';
import type { CardIdentity } from '../../protocol/limbasiya/service.ts';
import type { Welcome } from '../../protocol/welcome.ts';
import { systemClock } from '../../runtime/clock.ts';
import type { Address } from '../../runtime/network.ts';
import { tcpNetwork } from '../../runtime/tcp-network.ts';
import { TestDevice } from './test-device.ts';

/** What a login under limbasiya-2021 is made with: an opened card, and a hub of its list. */
export interface Tap {
  readonly card: CardIdentity;
  readonly hub: Pick<ListedHub, 'ID' | 'SSK'>;
}

/** A terminal that logs in under limbasiya-2021, in steps that a test can stop, repeat or spoil. */
export class LimbasiyaDevice {
  readonly wire: TestDevice;
  readonly login: LimbasiyaDeviceLogin;

  private constructor(wire: TestDevice, { card, hub }: Tap) {
    this.wire = wire;
    this.login = new LimbasiyaDeviceLogin(noble, { hello: wire.helloBody, card, hub });
  }

  /** Connects and takes the HELLO. */
  static async connect(address: Address, tap: Tap): Promise<LimbasiyaDevice> {
    const wire = await TestDevice.connect(tcpNetwork(systemClock), address);
    await wire.hello();
    return new LimbasiyaDevice(wire, tap);
  }

  /** LOGIN at `T1`, and the CHALLENGE for it, not looked at yet. */
  challenge(T1: number): Promise<Uint8Array> {
    this.wire.send(this.login.login(T1));
    return this.wire.receive();
  }

  /** From the CHALLENGE, received at `T3`, to the session. */
  async enter(challenge: Uint8Array, T3: number): Promise<Welcome> {
    this.login.readChallenge(challenge, T3);
    this.wire.send(this.login.prove());
    const { welcome, session } = this.login.readWelcome(await this.wire.receive());
    this.wire.transport = session;
    return welcome;
  }
}
