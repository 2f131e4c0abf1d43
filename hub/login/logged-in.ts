import type { SuiteName } from '../../protocol/constants.ts';
import type { Transport } from '../../protocol/transport.ts';

/** A card that has logged in; the WELCOME is due. */
export interface LoggedIn {
  readonly suite: SuiteName;
  /** 16 bytes; 32 under limbasiya-2021. */
  readonly uid: Uint8Array;
  /** The patient's name at this hub, 16 bytes. */
  readonly subject: Uint8Array;
  /** Wrong tries since the last right login, without this login's own; 0 under a suite that counts none. */
  readonly failed: number;
  /** As the terminal calls itself; empty under a suite in which it does not. */
  readonly terminalId: string;
  /** By the recovery code. */
  readonly recovery: boolean;
  /** The card's at this hub; 0 under a suite without. */
  readonly pinVersion: number;
  /** As the card says it; by the recovery code it may be one that this hub has not heard of. */
  readonly carriedPinVersion: number;
  readonly transport: Transport;
  /** Whether the card is still good for a session. To be asked once, when that is among those that a revocation ends. */
  readonly mayStay: () => Promise<boolean>;
}
