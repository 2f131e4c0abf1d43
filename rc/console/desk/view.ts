import type { CardDetails } from '../../../protocol/rc-api/patients.ts';
import { detailsText, hubRow, stateOf } from '../../commands/card-text.ts';
import { hubAlarms, hubTable } from '../../commands/hub-text.ts';
import { table } from '../../commands/text.ts';
import type { State } from './state.ts';

/** One line of a choice; `key` chooses it at once. */
export interface Choice {
  readonly value: string;
  readonly label: string;
  readonly key?: string;
  readonly hint?: string;
}

/** What a state shows, and what it asks. */
export type View =
  | {
      readonly kind: 'choice';
      readonly title: string;
      readonly lines?: readonly string[];
      readonly choices: readonly Choice[];
    }
  | {
      readonly kind: 'text';
      readonly title: string;
      /** Offered again, to be changed or taken. */
      readonly initial: string;
      readonly problem: string | undefined;
    }
  | { readonly kind: 'secret'; readonly title: string; readonly problem: string | undefined }
  | {
      readonly kind: 'wait';
      readonly title: string;
      readonly lines: readonly string[];
      readonly back: boolean;
    }
  /** The recovery code, on a page of its own. */
  | { readonly kind: 'code'; readonly name: string; readonly outcome: string | undefined }
  | { readonly kind: 'nothing' };

/** What is on the screen in a state. The shell adds the state of the reader. */
export function viewOf(state: State): View {
  switch (state.at) {
    case 'menu':
      return MENU;
    case 'find':
      return text('Name or record number, the beginnings are enough', state.kept.sought);
    case 'found':
      return {
        kind: 'choice',
        title: state.more ? 'Which patient? There are more: Esc, and more of the name' : 'Which patient?',
        choices: state.patients.flatMap(({ name, record, cards: [latest] }) =>
          latest === undefined
            ? []
            : [
                {
                  value: latest.uid,
                  label: record === null ? name : `${name}, ${record}`,
                  hint: stateOf(latest),
                },
              ],
        ),
      };
    case 'patient':
      return patientView(state.details);
    case 'reason':
      return {
        kind: 'choice',
        title: `Why is the card of ${state.details.card.name} revoked?`,
        choices: [
          { value: 'lost', label: 'it was lost', key: 'l' },
          { value: 'stolen', label: 'it was stolen', key: 's' },
          { value: 'deceased', label: 'the patient has died', key: 'd' },
          { value: 'other', label: 'another reason', key: 'o' },
        ],
      };
    case 'confirm-revoke':
      return yesNo(`Revoke the card of ${state.details.card.name} (${state.reason})? This is for ever.`);
    case 'confirm-replace':
      return yesNo(replaceQuestion(state.details));
    case 'hubs':
      return {
        kind: 'choice',
        title: 'The hubs',
        lines:
          state.hubs.length === 0
            ? ['no hub has joined yet']
            : [hubTable(state.hubs), ...hubAlarms(state.hubs)].join('\n').split('\n'),
        choices: [{ value: 'back', label: 'back' }],
      };
    case 'asking':
      return { kind: 'wait', title: state.title, lines: [], back: true };
    case 'name':
      return text("The patient's name", state.draft.name, state.problem);
    case 'record':
      return text('Record number; Enter for none', state.draft.record, state.problem);
    case 'known':
      return {
        kind: 'choice',
        title: `The record number ${state.draft.record} is known. Is it this patient?`,
        choices: [
          ...state.patients.flatMap(({ name, cards: [latest] }) =>
            latest === undefined ? [] : [{ value: latest.uid, label: `yes: ${name}`, hint: stateOf(latest) }],
          ),
          {
            value: 'another',
            label: `no: ${state.draft.name} is another patient with this number`,
            key: 'n',
          },
        ],
      };
    case 'born':
      return text(
        'Date of birth, YYYY-MM-DD; Enter to skip. The PIN must not be made of it; it is not kept',
        state.draft.born,
        state.problem,
      );
    case 'pin':
      return secret('PIN, typed by the patient: 6 to 12 digits, or a passphrase', state.problem);
    case 'pin-again':
      return secret('The same PIN again', state.problem);
    case 'card':
      return { kind: 'wait', title: 'Lay the new card on the reader', lines: [], back: true };
    case 'writing':
      return { kind: 'wait', title: 'Leave the card on the reader', lines: state.steps, back: false };
    case 'card-failed':
      return failedView(state);
    case 'unconfirmed':
      return {
        kind: 'choice',
        title: 'The registration centre fell silent at the last step',
        lines: ['The card is written, and registered or not. Nothing is done twice by asking again.'],
        choices: [
          { value: 'again', label: 'ask again', key: 'a' },
          { value: 'leave', label: 'leave it so' },
        ],
      };
    case 'code':
      return { kind: 'code', name: state.name, outcome: state.printing };
    case 'spreading':
      return {
        kind: 'wait',
        title: `Telling the hubs of the card of ${state.card.name}`,
        lines: (state.details?.hubs ?? []).length === 0 ? [] : hubLines(state.details),
        back: true,
      };
    case 'left':
      return { kind: 'nothing' };
  }
}

const MENU: View = {
  kind: 'choice',
  title: 'Lay a card on the reader, or choose',
  choices: [
    { value: 'register', label: 'register a new patient', key: 'r' },
    { value: 'find', label: 'find a patient', key: 'f' },
    { value: 'hubs', label: 'see the hubs', key: 'h' },
    { value: 'leave', label: 'leave', key: 'q' },
  ],
};

function patientView(details: CardDetails): View {
  const { card } = details;
  const isActive = card.status === 'active';
  const unlock: Choice = {
    value: 'unlock',
    label: card.locked ? 'unlock: the PIN is known again' : 'count the tries anew',
    key: 'u',
  };
  const canUnlock = isActive && card.pinVersion !== null && !isLockedAsCopied(details);
  const isLatest = card.reason !== 'replaced';
  return {
    kind: 'choice',
    title: card.name,
    lines: detailsText(details).split('\n'),
    choices: [
      ...(canUnlock && card.locked ? [unlock] : []),
      ...(isLatest ? [{ value: 'replace', label: 'give a new card', key: 'n' }] : []),
      ...(isActive ? [{ value: 'revoke', label: 'revoke the card', key: 'x' }] : []),
      ...(canUnlock && !card.locked ? [unlock] : []),
      { value: 'back', label: 'back', key: 'b' },
    ],
  };
}

function isLockedAsCopied({ card, history }: CardDetails): boolean {
  return card.locked && history.some((event) => event.what === 'locked' && event.cause === 'copy');
}

function failedView({ draft, problem }: Extract<State, { readonly at: 'card-failed' }>): View {
  const canOverwrite = OCCUPIED.has(problem.code) && !draft.force;
  return {
    kind: 'choice',
    title: 'No card was registered',
    lines: [
      problem.text,
      ...(draft.replaces?.card.status === 'active' ? ['The old card is as it was, and good.'] : []),
    ],
    choices: [
      { value: 'again', label: 'try again; the PIN need not be typed again', key: 'a' },
      ...(canOverwrite
        ? [{ value: 'overwrite', label: 'overwrite what is on the card, for ever', key: 'o' }]
        : []),
      ...(problem.code === 'record-taken'
        ? [{ value: 'record', label: 'look at the record number', key: 'l' }]
        : []),
    ],
  };
}

/** Codes of what lies on a card that is not overwritten unasked. */
const OCCUPIED = new Set(['card-occupied', 'card-foreign']);

function replaceQuestion({ card }: CardDetails): string {
  const old =
    card.status === 'active' ? 'Their card ends for ever with this.' : 'Their old card has ended already.';
  return `Give ${card.name} a new card? ${old}`;
}

function hubLines(details: CardDetails | undefined): string[] {
  if (details === undefined) return [];
  return table((details.hubs ?? []).map((hub) => hubRow(hub, details.card.status))).split('\n');
}

function yesNo(title: string): View {
  return {
    kind: 'choice',
    title,
    choices: [
      { value: 'no', label: 'no', key: 'n' },
      { value: 'yes', label: 'yes', key: 'y' },
    ],
  };
}

function text(title: string, initial: string, problem?: string): View {
  return { kind: 'text', title, initial, problem };
}

function secret(title: string, problem: string | undefined): View {
  return { kind: 'secret', title, problem };
}
