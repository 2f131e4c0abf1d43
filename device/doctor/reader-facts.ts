import type { Failure } from './finding.ts';

/** What the reader's chip answers. */
export type ChipFacts =
  | { readonly state: 'answers'; readonly firmware: string; readonly speed: number }
  | { readonly state: 'fails'; readonly failure: Failure }
  | { readonly state: 'untested'; readonly why: string };

/** What came of asking for a card. */
export type CardFacts =
  | {
      readonly state: 'read';
      /** `NTAG215`, … */
      readonly description: string;
      /** The authority that a `cardea-1` card trusts, 16 bytes (PROTOCOL 2.1). */
      readonly caPin?: Uint8Array;
      /** An image of a suite; or empty slots; or no slots yet, on a card fresh from the shop. */
      readonly holds: 'cardea-1' | 'limbasiya-2021' | 'empty slots' | 'nothing';
      /** How long reading took, ms. */
      readonly readMs: number;
    }
  /** It was seen, and then something was wrong. */
  | { readonly state: 'fails'; readonly failure: Failure }
  | { readonly state: 'not-laid'; readonly waitedMs: number }
  | { readonly state: 'untested'; readonly why: string };

export interface ReaderFacts {
  readonly chip: ChipFacts;
  readonly card: CardFacts;
}
