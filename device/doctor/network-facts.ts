import type { Failure } from './finding.ts';

/** From when to when a certificate holds, milliseconds since the Unix epoch. */
export interface Validity {
  readonly notBefore: number;
  readonly notAfter: number;
}

/** Whether this terminal is part of a network. */
export type MembershipFacts =
  | {
      readonly state: 'joined';
      readonly terminalId: string;
      /** Of the certificate that the terminal shows to the registration centre. */
      readonly certificate: Validity;
    }
  | { readonly state: 'not-joined' }
  | { readonly state: 'fails'; readonly failure: Failure };

/** What the hub shows that this terminal would call. */
export type HubFacts =
  | {
      readonly state: 'answers';
      readonly address: string;
      readonly hubId: string;
      readonly location: string;
      readonly certificate: Validity;
      /** By the network that was joined, or by the card; undefined where there is neither. */
      readonly trust: 'trusted' | Failure | undefined;
    }
  | { readonly state: 'fails'; readonly address: string; readonly failure: Failure }
  /** No hub is chosen, or the one that is chosen is not of the network. */
  | { readonly state: 'not-chosen'; readonly failure: Failure };

/** Whether the registration centre hears this terminal. */
export type RcFacts =
  | { readonly state: 'answers'; readonly address: string; readonly hubs: number }
  | { readonly state: 'fails'; readonly address: string; readonly failure: Failure }
  /** The terminal has not joined, or cannot say who it is. */
  | { readonly state: 'untested' };

export interface NetworkFacts {
  readonly membership: MembershipFacts;
  readonly hub: HubFacts;
  readonly rc: RcFacts;
}

export interface ClockFacts {
  /** The machine's, milliseconds since the Unix epoch. */
  readonly now: number;
  /** Latest `notBefore` of a hub with which a login succeeded; 0: none has. */
  readonly latestNotBefore: number;
  /** Whether the system's clock follows a time server; undefined where nothing says so. */
  readonly isSynchronised: boolean | undefined;
}
