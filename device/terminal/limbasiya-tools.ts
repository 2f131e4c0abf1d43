import type { TrustHub } from '../hub-link.ts';

/** What a terminal needs besides to take cards of the suite `limbasiya-2021`. */
export interface LimbasiyaTools {
  /** The hub that the terminal is set to: its id, or its address as the card lists it. */
  readonly wanted: string | undefined;
  /** How to tell whether what answers at the address of the hub `ID` may be spoken to. */
  readonly trust: (ID: string) => TrustHub;
  /** Asks the RC for a card's list of hubs (PROTOCOL 1.3). Rejects soon where that cannot be done. */
  readonly cardList: (request: CardListQuery) => Promise<Uint8Array>;
}

/** `τ` at the time `T`, for one card. */
export interface CardListQuery {
  readonly UID: Uint8Array;
  readonly tau: Uint8Array;
  readonly T: number;
}
