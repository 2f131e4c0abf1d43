import { REVOCATION_REASONS } from '../../../protocol/rc-api/fields.ts';
import type { CardDetails } from '../../../protocol/rc-api/patients.ts';
import { makeCardTransition } from './make-card.ts';
import { spreadTransition } from './spread.ts';
import {
  type Effect,
  type Event,
  emptyDraft,
  NOTHING_KEPT,
  type Origin,
  type State,
  type Step,
} from './state.ts';

/**
 * What the console does next: a pure function of where it is and what happened. Esc leads one step back and loses
 * nothing of what was typed; an event that does not belong here changes nothing.
 */
export function transition(state: State, event: Event): Step {
  if (event.type === 'leave')
    return { state: { at: 'left', kept: NOTHING_KEPT }, effects: [{ do: 'forget' }] };
  switch (state.at) {
    case 'menu':
      return atMenu(state, event);
    case 'find':
      return atFind(state, event);
    case 'found':
      return atFound(state, event);
    case 'patient':
      return atPatient(state, event);
    case 'reason':
      return atReason(state, event);
    case 'confirm-revoke':
      return atConfirmRevoke(state, event);
    case 'confirm-replace':
      return atConfirmReplace(state, event);
    case 'hubs':
      return event.type === 'back' || event.type === 'chose'
        ? go({ at: 'menu', kept: state.kept })
        : go(state);
    case 'asking':
      return atAsking(state, event);
    case 'code':
    case 'spreading':
      return spreadTransition(state, event);
    case 'left':
      return go(state);
    case 'name':
    case 'record':
    case 'born':
    case 'pin':
    case 'pin-again':
    case 'known':
    case 'card':
    case 'writing':
    case 'card-failed':
    case 'unconfirmed':
      return makeCardTransition(state, event);
  }
}

type At<Place extends State['at']> = Extract<State, { readonly at: Place }>;

export function go(state: State, ...effects: Effect[]): Step {
  return { state, effects };
}

function atMenu(state: At<'menu'>, event: Event): Step {
  const { kept } = state;
  if (event.type === 'tapped') return ask(state, 'Looking the card up', { do: 'show', uid: event.uid });
  if (event.type !== 'chose') return go(state);
  switch (event.value) {
    case 'register':
      return go({ at: 'name', kept, draft: kept.draft ?? emptyDraft(), from: { at: 'menu' } });
    case 'find':
      return go({ at: 'find', kept });
    case 'hubs':
      return ask(state, 'Asking for the hubs', { do: 'list-hubs' });
    case 'leave':
      return go({ at: 'left', kept }, { do: 'forget' });
    default:
      return go(state);
  }
}

function atFind(state: At<'find'>, event: Event): Step {
  const { kept } = state;
  switch (event.type) {
    case 'typed': {
      const sought = event.text.trim();
      const next: State = { at: 'find', kept: { ...kept, sought } };
      return sought === '' ? go(next) : ask(next, `Looking for ${sought}`, { do: 'find', text: sought });
    }
    case 'tapped':
      return ask(state, 'Looking the card up', { do: 'show', uid: event.uid });
    case 'back':
      return go({ at: 'menu', kept: { ...kept, sought: event.typed ?? kept.sought } });
    default:
      return go(state);
  }
}

function atFound(state: At<'found'>, event: Event): Step {
  if (event.type === 'back') return go({ at: 'find', kept: state.kept });
  if (event.type === 'tapped') return ask(state, 'Looking the card up', { do: 'show', uid: event.uid });
  if (event.type !== 'chose') return go(state);
  return ask(state, 'Opening the patient', { do: 'show', uid: event.value });
}

function atPatient(state: At<'patient'>, event: Event): Step {
  const { kept, details, from } = state;
  if (event.type === 'back') return go(placeOf(from, state));
  if (event.type === 'tapped') return ask(state, 'Looking the card up', { do: 'show', uid: event.uid });
  if (event.type !== 'chose') return go(state);
  switch (event.value) {
    case 'unlock':
      return ask(state, 'Unlocking', { do: 'unlock', uid: details.card.uid });
    case 'revoke':
      return go({ at: 'reason', kept, details, from });
    case 'replace':
      return go({ at: 'confirm-replace', kept, details, from });
    default:
      return go(placeOf(from, state));
  }
}

function atReason(state: At<'reason'>, event: Event): Step {
  const { kept, details, from } = state;
  if (event.type === 'back') return go({ at: 'patient', kept, details, from });
  if (event.type !== 'chose') return go(state);
  const reason = REVOCATION_REASONS.find((known) => known === event.value);
  return reason === undefined ? go(state) : go({ at: 'confirm-revoke', kept, details, from, reason });
}

function atConfirmRevoke(state: At<'confirm-revoke'>, event: Event): Step {
  const { kept, details, from, reason } = state;
  if (event.type === 'back') return go({ at: 'reason', kept, details, from });
  if (event.type !== 'chose') return go(state);
  const patient: State = { at: 'patient', kept, details, from };
  if (event.value !== 'yes') return go(patient);
  return ask(patient, 'Revoking', { do: 'revoke', uid: details.card.uid, reason });
}

function atConfirmReplace(state: At<'confirm-replace'>, event: Event): Step {
  const { kept, details, from, born = '' } = state;
  const isNo = event.type === 'chose' && event.value !== 'yes';
  if (event.type === 'back' || isNo) return go({ at: 'patient', kept, details, from });
  if (event.type !== 'chose') return go(state);
  return go({ at: 'born', kept, draft: { ...emptyDraft(details), born }, from });
}

function atAsking(state: At<'asking'>, event: Event): Step {
  const { before, kept } = state;
  switch (event.type) {
    case 'back':
      return go(before);
    case 'failed':
      return go(before, { do: 'say', tone: 'error', text: event.problem.text });
    case 'found':
      return before.at === 'record' ? makeCardTransition(before, event) : found(state, event);
    case 'details':
      return go(
        { at: 'patient', kept, details: event.details, from: originOf(before) },
        ...told(before, event.details),
      );
    case 'hubs':
      return go({ at: 'hubs', kept, hubs: event.hubs });
    default:
      return go(state);
  }
}

function found(state: At<'asking'>, { patients, more }: Extract<Event, { type: 'found' }>): Step {
  const { kept } = state;
  if (patients.length === 0) {
    const text = `Nobody has "${kept.sought}" in name or record number: try less of it, or another spelling.`;
    return go(state.before, { do: 'say', tone: 'warn', text });
  }
  const [only, another] = patients;
  const card = only?.cards[0];
  const list: State = { at: 'found', kept, patients, more };
  if (another !== undefined || card === undefined) return go(list);
  return ask(list, 'Opening the patient', { do: 'show', uid: card.uid });
}

/** What an unlock or a revocation came to: the page that was open is shown as it is now. */
function told(before: State, now: CardDetails): Effect[] {
  if (before.at !== 'patient' || before.details.card.uid !== now.card.uid) return [];
  const { name } = now.card;
  if (before.details.card.status !== now.card.status) {
    return [
      {
        do: 'say',
        tone: 'success',
        text: `Revoked. Hubs that are connected refuse the card of ${name} already.`,
      },
    ];
  }
  return [
    {
      do: 'say',
      tone: 'success',
      text: `Unlocked. The tries of ${name} are counted anew at every hub that is connected.`,
    },
  ];
}

function originOf(before: State): Origin {
  if (before.at === 'found') return { at: 'found', patients: before.patients, more: before.more };
  return before.at === 'patient' ? before.from : { at: 'menu' };
}

/** The place that a patient's page was come to from. */
export function placeOf(from: Origin, { kept }: Pick<State, 'kept'>): State {
  return from.at === 'menu' ? { at: 'menu', kept } : { ...from, kept };
}

function ask(before: State, title: string, effect: Effect): Step {
  return go({ at: 'asking', kept: before.kept, title, before }, effect);
}
