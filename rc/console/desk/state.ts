import type { CardSummary, PatientNotes, RevokeRequest } from '../../../protocol/rc-api/cards.ts';
import type { HubEntry } from '../../../protocol/rc-api/join.ts';
import type { CardDetails, PatientSummary } from '../../../protocol/rc-api/patients.ts';

/** Why something did not happen, and what to do: `code` is that of the error, `text` its sentence. */
export interface Problem {
  readonly code: string;
  readonly text: string;
}

/** What was typed for a card that is to be made. Secrets are not in it: the shell has them. */
export interface Draft {
  readonly name: string;
  readonly record: string;
  /** `YYYY-MM-DD`, or empty. It is checked against the PIN, and goes nowhere. */
  readonly born: string;
  /** The registrar said that it is another patient with the same record number. */
  readonly sameRecord: boolean;
  /** The card that ends with the new one; undefined for a new patient. */
  readonly replaces: CardDetails | undefined;
  /** What lies on the card may be overwritten. */
  readonly force: boolean;
}

/** What is offered again at the menu: nothing that was typed gets lost. */
export interface Kept {
  readonly draft: Draft | undefined;
  readonly sought: string;
}

/** Where a patient's page was come to from. */
export type Origin =
  | { readonly at: 'menu' }
  | { readonly at: 'found'; readonly patients: readonly PatientSummary[]; readonly more: boolean };

export type Reason = RevokeRequest['reason'];

/** A question to the registration centre is under way; `before` is where Esc and failures lead. */
export interface Asking {
  readonly at: 'asking';
  readonly title: string;
  readonly before: State;
}

/** A patient's page, and what is asked about its card. */
interface OfPatient<Place> {
  readonly at: Place;
  readonly details: CardDetails;
  readonly from: Origin;
}

/** Something is typed for a card that is to be made. */
interface Typing<Place> {
  readonly at: Place;
  readonly draft: Draft;
  readonly from: Origin;
  /** Why what was typed is asked for once more. */
  readonly problem?: string;
}

export type State = { readonly kept: Kept } & (
  | { readonly at: 'menu' }
  | { readonly at: 'find' }
  | { readonly at: 'found'; readonly patients: readonly PatientSummary[]; readonly more: boolean }
  | OfPatient<'patient'>
  | OfPatient<'reason'>
  /** `born` was typed already, and is offered again. */
  | (OfPatient<'confirm-replace'> & { readonly born?: string })
  | (OfPatient<'confirm-revoke'> & { readonly reason: Reason })
  | { readonly at: 'hubs'; readonly hubs: readonly HubEntry[] }
  | Asking
  | Typing<'name'>
  | Typing<'record'>
  | Typing<'born'>
  | Typing<'pin'>
  | Typing<'pin-again'>
  /** The record number is somebody's already. */
  | { readonly at: 'known'; readonly draft: Draft; readonly patients: readonly PatientSummary[] }
  /** The PIN is chosen; the card is waited for. */
  | { readonly at: 'card'; readonly draft: Draft; readonly from: Origin }
  | {
      readonly at: 'writing';
      readonly draft: Draft;
      readonly from: Origin;
      readonly steps: readonly string[];
    }
  | { readonly at: 'card-failed'; readonly draft: Draft; readonly from: Origin; readonly problem: Problem }
  /** The card is written; whether it is registered is not known. */
  | {
      readonly at: 'unconfirmed';
      readonly draft: Draft;
      readonly from: Origin;
      readonly problem: Problem;
      readonly hasCode: boolean;
    }
  /** `card` is undefined where the last step got no answer: it may be registered, and then this is its code. */
  | {
      readonly at: 'code';
      readonly name: string;
      readonly card: CardSummary | undefined;
      readonly printing?: string;
    }
  | {
      readonly at: 'spreading';
      readonly card: CardSummary;
      readonly details: CardDetails | undefined;
      readonly looks: number;
    }
  | { readonly at: 'left' }
);

export type Event =
  | { readonly type: 'typed'; readonly text: string }
  | { readonly type: 'chose'; readonly value: string }
  /** Esc; `typed` is what was typed and not entered. */
  | { readonly type: 'back'; readonly typed?: string }
  | { readonly type: 'leave' }
  /** A card of this network lies on the reader. */
  | { readonly type: 'tapped'; readonly uid: string }
  | { readonly type: 'card-there' }
  | { readonly type: 'pin-taken' }
  | { readonly type: 'pin-refused'; readonly problem: string }
  | { readonly type: 'found'; readonly patients: readonly PatientSummary[]; readonly more: boolean }
  | { readonly type: 'details'; readonly details: CardDetails }
  | { readonly type: 'hubs'; readonly hubs: readonly HubEntry[] }
  | { readonly type: 'step'; readonly step: string }
  | { readonly type: 'registered'; readonly card: CardSummary; readonly hasCode: boolean }
  | { readonly type: 'unconfirmed'; readonly problem: Problem; readonly hasCode: boolean }
  | { readonly type: 'printed'; readonly outcome: string }
  | { readonly type: 'failed'; readonly problem: Problem };

export type Tone = 'success' | 'info' | 'warn' | 'error';

/** What the shell does; what comes of it is an event. */
export type Effect =
  | { readonly do: 'find'; readonly text: string }
  | { readonly do: 'find-record'; readonly record: string }
  | { readonly do: 'show'; readonly uid: string }
  | { readonly do: 'list-hubs' }
  | { readonly do: 'unlock'; readonly uid: string }
  | { readonly do: 'revoke'; readonly uid: string; readonly reason: Reason }
  | { readonly do: 'take-pin'; readonly text: string; readonly draft: Draft }
  | { readonly do: 'take-pin-again'; readonly text: string }
  | { readonly do: 'write-card'; readonly draft: Draft }
  | { readonly do: 'complete' }
  | { readonly do: 'print-code' }
  /** PIN and recovery code are wiped. */
  | { readonly do: 'forget' }
  /** The next look at where a card is usable comes after a moment. */
  | { readonly do: 'look-at-hubs'; readonly uid: string }
  | { readonly do: 'say'; readonly tone: Tone; readonly text: string };

export interface Step {
  readonly state: State;
  readonly effects: readonly Effect[];
}

export const NOTHING_KEPT: Kept = { draft: undefined, sought: '' };

export const START: State = { at: 'menu', kept: NOTHING_KEPT };

export function emptyDraft(replaces?: CardDetails): Draft {
  return { name: '', record: '', born: '', sameRecord: false, replaces, force: false };
}

/** What goes to the registration centre of a new patient. */
export function notesOf({ name, record }: Draft): PatientNotes {
  return record === '' ? { name } : { name, record };
}
