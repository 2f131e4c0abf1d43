import type { Question, Sign } from '../../hardware/panel/panel.ts';
import type { Measured } from '../../hardware/sensor/sensor.ts';
import type { SuiteName } from '../../protocol/constants.ts';
import type { NotMeasured } from './measuring.ts';
import type { Reason, RefusalDetail } from './sentences.ts';

/** What the patient came for. */
export type Goal = 'serve' | 'new-pin' | 'recover';

/**
 * Where a tap stands. No secret is ever part of it: PIN, keys and images stay with whoever acts, and
 * go when the tap is over.
 */
export type State =
  /** The reader is gone; it comes back by itself. */
  | { readonly phase: 'readerless' }
  | { readonly phase: 'idle' }
  | { readonly phase: 'reading' }
  /** The patient types while the hub is called. `link` is down when the hub hung up on a slow typist. */
  | ({ readonly phase: 'entering'; readonly link: Link; readonly typed: boolean } & Calls)
  /** LOGIN is out. */
  | ({ readonly phase: 'claiming' } & Calls)
  /** CHALLENGE came; the card's box is being opened. */
  | ({ readonly phase: 'opening'; readonly attemptsLeft: number } & Calls)
  /** PROOF is out. */
  | ({ readonly phase: 'proving' } & Calls)
  /** WELCOME came; the session is open. */
  | ({ readonly phase: 'served' } & InSession)
  | ({ readonly phase: 'checking-in' } & InSession)
  /** Checked in; the patient is asked whether to measure, for the first time or once more. */
  | ({ readonly phase: 'offering'; readonly measures: Measured } & AtPlace)
  | ({ readonly phase: 'measuring'; readonly measures: Measured } & AtPlace)
  /** The patient sees the value, and says whether it is to be kept. */
  | ({ readonly phase: 'reviewing'; readonly measures: Measured } & AtPlace)
  /** The hub is given the measurement. */
  | ({ readonly phase: 'keeping' } & AtPlace)
  | ({ readonly phase: 'summarising' } & AtPlace)
  | { readonly phase: 'choosing' }
  /** The new PIN is evaluated, its boxes sealed, and the hub told. */
  | { readonly phase: 'preparing' }
  | { readonly phase: 'writing' }
  | { readonly phase: 'confirming' }
  | LimbasiyaState
  /** The outcome is on display: until the card is gone, and long enough to be read. What is personal, no longer. */
  | { readonly phase: 'told'; readonly read: boolean; readonly personal: boolean };

/** What a connection that is made anew goes on with. */
export interface Calls {
  /** How often the hub was called. */
  readonly calls: number;
  /** One was taken and the hub has not answered for it; or there is nothing more to do about any. */
  readonly measurement?: 'unsent' | 'over';
  /** In the queue, where the patient was checked in before the connection broke; null where the hub has none. */
  readonly place?: number | null;
}

/** Where a patient is served. */
export interface InSession extends Calls {
  readonly suite: SuiteName;
  /** What was said at the WELCOME. */
  readonly welcome: readonly string[];
}

/** Where a patient is checked in. */
export interface AtPlace extends InSession {
  /** In the queue; null where the hub has none. */
  readonly place: number | null;
  /** Today's visit is over: the patient waits for nobody. */
  readonly seen: boolean;
  /** What did not work out, to be said with the rest. */
  readonly notice?: string;
}

export type Link = 'calling' | 'up' | 'down';

/** Where a tap with a card of `limbasiya-2021` stands; once it is in, it is `served` like any other. */
export type LimbasiyaState =
  | { readonly phase: 'identifying'; readonly asked: 'identity' | 'password' }
  /** The card's `E` is being checked. */
  | { readonly phase: 'unlocking' }
  /** The RC is asked for its list of hubs. */
  | { readonly phase: 'refreshing' }
  | { readonly phase: 'choosing-hub' }
  | { readonly phase: 'calling'; readonly calls: number }
  /** LOGIN is out. */
  | { readonly phase: 'agreeing'; readonly calls: number }
  /** PROOF is out. */
  | { readonly phase: 'answering'; readonly calls: number }
  | { readonly phase: 'choosing-password' }
  /** The card is being written under its new password. */
  | { readonly phase: 'replacing' };

/** What happens to a terminal. */
export type Event =
  | { readonly type: 'reader-ready' }
  | { readonly type: 'reader-lost' }
  | { readonly type: 'card-laid' }
  | { readonly type: 'card-read'; readonly suite: 'cardea-1'; readonly recoverable: boolean }
  | { readonly type: 'card-read'; readonly suite: 'limbasiya-2021' }
  | { readonly type: 'card-gone' }
  /** What was told has been there long enough to be read. */
  | { readonly type: 'lingered' }
  | { readonly type: 'hub-up' }
  /** The connection ended, or could not be kept: what was under way may be tried again. */
  | { readonly type: 'hub-down' }
  | { readonly type: 'typed' }
  | { readonly type: 'cancelled' }
  | { readonly type: 'challenged'; readonly status: number; readonly attemptsLeft: number }
  | { readonly type: 'opened' }
  | { readonly type: 'not-opened' }
  | { readonly type: 'welcomed'; readonly welcome: Welcomed }
  | { readonly type: 'informed' }
  /** `seen`: the visit of today is over. `measures`: what can be measured here, now. */
  | {
      readonly type: 'checked-in';
      readonly place: number | null;
      readonly seen: boolean;
      readonly measures: Measured | null;
    }
  /** Which of the options; null for none of them. */
  | { readonly type: 'chosen'; readonly index: number | null }
  /** As the patient reads it; it goes to the panel, and is kept nowhere. */
  | { readonly type: 'measured'; readonly text: string }
  | { readonly type: 'not-measured'; readonly reason: NotMeasured }
  | { readonly type: 'kept' }
  /** What the patient reads of it; it goes to the panel, and is kept nowhere. */
  | { readonly type: 'summarised'; readonly lines: readonly string[] }
  | { readonly type: 'prepared' }
  | { readonly type: 'written' }
  | { readonly type: 'confirmed' }
  /** The list of hubs to choose from is there; it is not the card's where that was out of date. */
  | { readonly type: 'list-known'; readonly changed: boolean }
  | { readonly type: 'hub-chosen' }
  /** CHALLENGE came, and is the hub's. */
  | { readonly type: 'agreed' }
  /** Anything that ends the tap, for a reason that has a sentence. */
  | ({ readonly type: 'failed'; readonly reason: Reason } & RefusalDetail);

/** What the WELCOME said, as far as it is shown. */
export interface Welcomed {
  readonly location: string;
  /** Wrong tries at this hub since the last right login. */
  readonly failed: number;
}

/** What is to be done. Each effect that takes time answers with an event. */
export type Effect =
  | { readonly do: 'show'; readonly sign: Sign; readonly lines: readonly string[] }
  | { readonly do: 'watch-for-card' }
  | { readonly do: 'read-card' }
  | { readonly do: 'ask'; readonly question: Question }
  | { readonly do: 'stop-asking' }
  | { readonly do: 'call-hub' }
  | { readonly do: 'claim' }
  | { readonly do: 'open-card' }
  | { readonly do: 'prove' }
  | { readonly do: 'inform' }
  | { readonly do: 'check-in' }
  | { readonly do: 'choose'; readonly prompt: string; readonly options: readonly string[] }
  | { readonly do: 'measure' }
  | { readonly do: 'keep-measurement' }
  | { readonly do: 'summarise' }
  | { readonly do: 'prepare-new-pin' }
  | { readonly do: 'write-card' }
  | { readonly do: 'confirm-new-pin' }
  | { readonly do: 'refresh-list' }
  | { readonly do: 'write-list' }
  | { readonly do: 'choose-hub' }
  | { readonly do: 'clear-old-image' }
  /** Closes the session and the connection, and wipes what the tap held. */
  | { readonly do: 'end-tap'; readonly outcome: Outcome }
  | { readonly do: 'watch-for-removal' }
  /** `milliseconds`: where there is more to read than usual. */
  | { readonly do: 'linger'; readonly milliseconds?: number };

/** How a tap ended. */
export type Outcome =
  | { readonly kind: 'served' }
  | { readonly kind: 'pin-set' }
  | ({ readonly kind: 'refused'; readonly reason: Reason } & RefusalDetail);

/** A decision: the next state, and what is to be done, in order. */
export interface Step {
  readonly state: State;
  readonly effects: readonly Effect[];
}
