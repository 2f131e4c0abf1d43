import type { VerifiedHub } from '../../certs/hub-chain.ts';
import type { CardReader } from '../../hardware/card-reader.ts';
import type { Panel } from '../../hardware/panel/panel.ts';
import type { Sensor } from '../../hardware/sensor/sensor.ts';
import type { Primitives } from '../../protocol/crypto/primitives.ts';
import type { Address } from '../../runtime/network.ts';
import type { Surroundings } from '../../runtime/surroundings.ts';
import type { TrustHub } from '../hub-link.ts';
import type { LimbasiyaTools } from './limbasiya-tools.ts';

/** What a terminal acts with. */
export interface TapTools {
  readonly surroundings: Surroundings;
  readonly primitives: Primitives;
  readonly reader: CardReader;
  readonly panel: Panel;
  /** Something that a patient can be measured with. */
  readonly sensor?: Sensor | undefined;
  /** 0 to 32 bytes of UTF-8: the id that the terminal joined with, empty where it did not. */
  readonly terminalId: string;
  /** The hub to call, and how to tell whether it can be trusted with a card that pins `caPin`. */
  readonly hub: () => HubToCall;
  /** Absent unless the terminal was told to take cards of `limbasiya-2021`. */
  readonly limbasiya?: LimbasiyaTools | undefined;
  /** Called with the hub of each login that succeeded. */
  readonly remember: (hub: VerifiedHub) => Promise<void>;
}

export interface HubToCall {
  readonly address: Address;
  /** Without a pin the network that was joined decides alone; where there is none either, nothing is trusted. */
  readonly trust: (caPin: Uint8Array | undefined) => TrustHub;
}
