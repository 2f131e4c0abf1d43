import type { Goal } from '../../../device/terminal/state.ts';
import type { Torn } from '../../../hardware/sim/card-memory.ts';
import type { Tampering } from '../../../runtime/simulated-network.ts';
import type { First } from './meeting.ts';

export const HUBS = ['goa-01', 'pune-02', 'delhi-03'] as const;
/** How many processes serve terminals there; of the others, one. */
export const WORKERS: Partial<Readonly<Record<(typeof HUBS)[number], number>>> = { 'pune-02': 2 };
export const TERMINALS = ['desk-1', 'desk-2', 'desk-3', 'desk-4'] as const;
/** Cards that are registered when a history begins; numbered from 0. */
export const CARDS = 20;

export type HubId = (typeof HUBS)[number];
export type TerminalId = (typeof TERMINALS)[number];
/** What runs for itself, and can be killed. */
export type Service = 'rc' | HubId;
export type Machine = Service | TerminalId;

/** What the patient types. */
export type Typed = 'right' | 'wrong' | 'nothing';

/** When in a tap something happens. */
export type When =
  /** At the `nth` command to the reader since the card was laid down, from 1. */
  | { readonly on: 'command'; readonly nth: number }
  /** At the `nth` command that writes to the card, from 1. */
  | { readonly on: 'write'; readonly nth: number }
  /** When the `nth` piece passes between terminal and hub, from 1; `turns` of the event loop, and `ms`, later. */
  | { readonly on: 'piece'; readonly nth: number; readonly ms: number; readonly turns: number }
  /** So long after it began. */
  | { readonly on: 'time'; readonly ms: number };

/** What befalls a part of the network. `ms`: for how long, until it is mended. */
export type Blow =
  | { readonly what: 'kill'; readonly who: Machine; readonly ms: number }
  /** As `kill`, but nobody is told: what is sent to it gets lost. */
  | { readonly what: 'dark'; readonly who: Service; readonly ms: number }
  /** One of the workers of a hub that has several dies, and the hub has another take its place. */
  | { readonly what: 'kill-worker'; readonly who: HubId; readonly nth: number }
  | { readonly what: 'power-cut'; readonly ms: number }
  | ({
      readonly what: 'line';
      readonly from: HubId | TerminalId | 'office';
      readonly to: Service;
    } & LineTrouble)
  | { readonly what: 'clock'; readonly whose: Machine; readonly by: number; readonly ms: number }
  | { readonly what: 'disk-full'; readonly whose: Service; readonly ms: number };

/** `state`: how the line is meanwhile. */
export interface LineTrouble {
  readonly state: 'down' | 'silent' | 'flaky' | 'slow' | 'very-slow';
  readonly ms: number;
}

/** What befalls one tap. */
export type Trouble = { readonly when: When } & (
  | Blow
  /** The card is taken away, and laid back after `backMs`; null: not for this tap. On a write, it leaves `torn`. */
  | { readonly what: 'card-taken'; readonly torn: Torn; readonly backMs: number | null }
  /** One of `READER_FAULTS`. */
  | { readonly what: 'reader-fault'; readonly name: string }
  | { readonly what: 'reader-unplugged'; readonly ms: number }
  | { readonly what: 'panel-unplugged' }
  /**
   * For `when.on` a piece: the card is revoked while the patient taps it, and the hub hears of it in the same moment
   * in which that piece arrives, so many turns of the event loop before or after it.
   */
  | { readonly what: 'revoked-at-the-door'; readonly turns: number; readonly first: First }
  /** For `when.on` a piece: what is done to it. */
  | { readonly what: 'piece'; readonly how: PieceTrouble }
);

export type PieceTrouble = Tampering | 'cut' | { readonly delayMs: number };

export interface TapAct {
  readonly what: 'tap';
  readonly terminal: TerminalId;
  readonly hub: HubId;
  readonly card: number;
  readonly goal: Goal;
  readonly typed: Typed;
  /** For a goal that sets one. */
  readonly newPin: string;
  /** How long the patient types at each question. */
  readonly typingMs: number;
  /** Takes the card as soon as the terminal says that it may be taken. */
  readonly takesEarly: boolean;
  readonly troubles: readonly Trouble[];
}

/** A right PIN, and nothing that goes wrong. */
export const RIGHT_TAP: TapAct = {
  what: 'tap',
  terminal: 'desk-1',
  hub: 'goa-01',
  card: 0,
  goal: 'serve',
  typed: 'right',
  newPin: '',
  typingMs: 0,
  takesEarly: false,
  troubles: [],
};

/** Something that happens in a network. `at`: ms from its beginning; nothing else moves it. */
export type Act = { readonly at: number } & (
  | TapAct
  /** At the registration centre's desk. A card of `patient`'s replaces that one. */
  | {
      readonly what: 'register';
      readonly card: number;
      readonly patientOf: number | null;
      readonly pin: string;
    }
  | { readonly what: 'revoke' | 'unlock'; readonly card: number }
  /** The registration centre's operator makes a new authority. */
  | { readonly what: 'rotate-authority' }
  | Blow
);

export type History = readonly Act[];

/** One act in one line, for people. */
export function describeAct({ at, ...act }: Act): string {
  const time = `${(at / 1000).toFixed(1).padStart(7)} s `;
  if (act.what !== 'tap') return `${time} ${words(act)}`;
  const { terminal, hub, card, goal, typed, typingMs, troubles } = act;
  const line = `${time} tap: card ${card} at ${terminal} with ${hub}, ${goal}, types ${typed} in ${typingMs} ms`;
  const more = troubles.map(({ when, ...trouble }) => `           ${words(trouble)} @ ${words(when)}`);
  return [line, ...more].join('\n');
}

function words(fields: object): string {
  return Object.entries(fields)
    .filter(([name]) => name !== 'pin')
    .map(([name, value]) => (name === 'what' ? `${value}:` : `${name} ${JSON.stringify(value)}`))
    .join(' ');
}
