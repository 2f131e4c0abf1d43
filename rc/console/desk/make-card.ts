import { patientNotes } from '../../../protocol/rc-api/cards.ts';
import type { Draft, Effect, Event, Kept, Origin, State, Step } from './state.ts';

type Making = Extract<
  State,
  {
    readonly at:
      | 'name'
      | 'record'
      | 'born'
      | 'pin'
      | 'pin-again'
      | 'known'
      | 'card'
      | 'writing'
      | 'card-failed'
      | 'unconfirmed';
  }
>;
type At<Place extends Making['at']> = Extract<Making, { readonly at: Place }>;

/** A card is made, for a new patient or for one whose earlier card ends with it (PROTOCOL 2.4). */
export function makeCardTransition(state: Making, event: Event): Step {
  switch (state.at) {
    case 'name':
      return atName(state, event);
    case 'record':
      return atRecord(state, event);
    case 'known':
      return atKnown(state, event);
    case 'born':
      return atBorn(state, event);
    case 'pin':
      return atPin(state, event);
    case 'pin-again':
      return atPinAgain(state, event);
    case 'card':
      return atCard(state, event);
    case 'writing':
      return atWriting(state, event);
    case 'card-failed':
      return atCardFailed(state, event);
    case 'unconfirmed':
      return atUnconfirmed(state, event);
  }
}

const MENU: Origin = { at: 'menu' };

function step(state: State, ...effects: Effect[]): Step {
  return { state, effects };
}

function atName(state: At<'name'>, event: Event): Step {
  const { kept, draft } = state;
  if (event.type === 'back') {
    return step({ at: 'menu', kept: { ...kept, draft: { ...draft, name: event.typed ?? draft.name } } });
  }
  if (event.type !== 'typed') return step(state);
  const name = event.text.trim();
  const parsed = patientNotes.shape.name.safeParse(name);
  if (!parsed.success) {
    const problem = name === '' ? 'a card needs a name' : (parsed.error.issues[0]?.message ?? 'not a name');
    return step({ ...state, draft: { ...draft, name }, problem });
  }
  return step({ at: 'record', kept, draft: { ...draft, name }, from: MENU });
}

function atRecord(state: At<'record'>, event: Event): Step {
  const { kept, draft } = state;
  switch (event.type) {
    case 'back':
      return step({ at: 'name', kept, draft: { ...draft, record: event.typed ?? draft.record }, from: MENU });
    case 'typed': {
      const record = event.text.trim();
      const next = { ...draft, record, sameRecord: false };
      if (record === '') return step({ at: 'born', kept, draft: next, from: MENU });
      const parsed = patientNotes.shape.record.safeParse(record);
      if (!parsed.success) {
        return step({
          ...state,
          draft: next,
          problem: parsed.error.issues[0]?.message ?? 'not a record number',
        });
      }
      const before: State = { at: 'record', kept, draft: next, from: MENU };
      const title = `Looking for the record number ${record}`;
      return step({ at: 'asking', kept, title, before }, { do: 'find-record', record });
    }
    case 'found':
      if (event.patients.length === 0) return step({ at: 'born', kept, draft, from: MENU });
      return step({ at: 'known', kept, draft, patients: event.patients });
    default:
      return step(state);
  }
}

/** A patient is registered once: whoever has the record number gets a new card, or this is somebody else. */
function atKnown(state: At<'known'>, event: Event): Step {
  const { kept, draft, patients } = state;
  if (event.type === 'back') return step({ at: 'record', kept, draft, from: MENU });
  if (event.type !== 'chose') return step(state);
  if (event.value === 'another') {
    return step({ at: 'born', kept, draft: { ...draft, sameRecord: true }, from: MENU });
  }
  const before: State = { at: 'found', kept: { ...kept, draft }, patients, more: false };
  return step(
    { at: 'asking', kept: before.kept, title: 'Opening the patient', before },
    { do: 'show', uid: event.value },
  );
}

function atBorn(state: At<'born'>, event: Event): Step {
  const { kept, draft, from } = state;
  if (event.type === 'back')
    return step(beforeBorn(kept, { ...draft, born: event.typed ?? draft.born }, from));
  if (event.type !== 'typed') return step(state);
  const born = event.text.trim();
  const next = { ...draft, born };
  if (born !== '' && !isCalendarDay(born)) {
    return step({ ...state, draft: next, problem: 'as YYYY-MM-DD, or nothing' });
  }
  return step({ at: 'pin', kept, draft: next, from });
}

/** The typed day exists; whether it has been already is no matter for a PIN. */
function isCalendarDay(text: string): boolean {
  const [, year = 0, month = 0, day = 0] = (/^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ?? []).map(Number);
  const inMonth = [
    31,
    year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28,
    31,
    30,
    31,
    30,
    31,
    31,
    30,
    31,
    30,
    31,
  ];
  return year >= 1850 && day >= 1 && day <= (inMonth[month - 1] ?? 0);
}

function beforeBorn(kept: Kept, draft: Draft, from: Origin): State {
  const { replaces } = draft;
  if (replaces !== undefined) {
    return { at: 'confirm-replace', kept, details: replaces, from, born: draft.born };
  }
  return { at: 'record', kept, draft, from: MENU };
}

/** What is typed here is no part of the state: the shell takes it, and says what is wrong with it. */
function atPin(state: At<'pin'>, event: Event): Step {
  const { kept, draft, from } = state;
  switch (event.type) {
    case 'typed':
      return step(state, { do: 'take-pin', text: event.text, draft });
    case 'pin-taken':
      return step({ at: 'pin-again', kept, draft, from });
    case 'pin-refused':
      return step({ at: 'pin', kept, draft, from, problem: event.problem });
    case 'back':
      return step({ at: 'born', kept, draft, from }, { do: 'forget' });
    default:
      return step(state);
  }
}

function atPinAgain(state: At<'pin-again'>, event: Event): Step {
  const { kept, draft, from } = state;
  switch (event.type) {
    case 'typed':
      return step(state, { do: 'take-pin-again', text: event.text });
    case 'pin-taken':
      return step({ at: 'card', kept, draft, from });
    case 'pin-refused':
      return step({ at: 'pin', kept, draft, from, problem: event.problem });
    case 'back':
      return step({ at: 'pin', kept, draft, from }, { do: 'forget' });
    default:
      return step(state);
  }
}

function atCard(state: At<'card'>, event: Event): Step {
  const { kept, draft, from } = state;
  switch (event.type) {
    case 'card-there':
      return step({ at: 'writing', kept, draft, from, steps: [] }, { do: 'write-card', draft });
    case 'back':
      return step({ at: 'pin', kept, draft, from }, { do: 'forget' });
    default:
      return step(state);
  }
}

/** No way back from here: the card is being written, and that takes a second. */
function atWriting(state: At<'writing'>, event: Event): Step {
  const { kept, draft, from, steps } = state;
  switch (event.type) {
    case 'step':
      return step({ ...state, steps: [...steps, event.step] });
    case 'registered': {
      const done = { ...kept, draft: draft.replaces === undefined ? undefined : kept.draft };
      const say: Effect = { do: 'say', tone: 'success', text: registeredText(draft, event.card.name) };
      const { card } = event;
      if (event.hasCode) return step({ at: 'code', kept: done, name: card.name, card }, say);
      return step(
        { at: 'spreading', kept: done, card: event.card, details: undefined, looks: 0 },
        say,
        { do: 'forget' },
        { do: 'look-at-hubs', uid: event.card.uid },
      );
    }
    case 'unconfirmed':
      return step({
        at: 'unconfirmed',
        ...{ kept, draft, from },
        problem: event.problem,
        hasCode: event.hasCode,
      });
    case 'failed':
      return step({ at: 'card-failed', kept, draft, from, problem: event.problem });
    default:
      return step(state);
  }
}

function registeredText({ replaces }: Draft, name: string): string {
  if (replaces === undefined) return `The card of ${name} is registered. It may be taken from the reader.`;
  return `${name} has a new card, and the old one has ended. The new one may be taken from the reader.`;
}

/** The PIN is still known: the patient need not type it again. */
function atCardFailed(state: At<'card-failed'>, event: Event): Step {
  const { kept, draft, from } = state;
  if (event.type === 'back') return step({ at: 'pin', kept, draft, from }, { do: 'forget' });
  if (event.type !== 'chose') return step(state);
  switch (event.value) {
    case 'again':
      return step({ at: 'card', kept, draft, from });
    case 'overwrite':
      return step({ at: 'card', kept, draft: { ...draft, force: true }, from });
    default:
      return step({ at: 'record', kept, draft, from: MENU }, { do: 'forget' });
  }
}

/** The same step is asked for again until it is answered: it is answered alike, and nothing is done twice. */
function atUnconfirmed(state: At<'unconfirmed'>, event: Event): Step {
  const { kept, draft, from } = state;
  if (event.type === 'back') return giveUp(state);
  if (event.type !== 'chose') return step(state);
  if (event.value !== 'again') return giveUp(state);
  return step({ at: 'writing', kept, draft, from, steps: ['card written'] }, { do: 'complete' });
}

/** The card may be registered, and then nobody can show its code later: it is shown now. */
function giveUp({ kept, draft, problem, hasCode }: At<'unconfirmed'>): Step {
  const say: Effect = { do: 'say', tone: 'warn', text: problem.text };
  const left: Kept = { ...kept, draft: draft.replaces === undefined ? draft : kept.draft };
  if (!hasCode) return step({ at: 'menu', kept: left }, { do: 'forget' }, say);
  return step(
    { at: 'code', kept: left, name: draft.replaces?.card.name ?? draft.name, card: undefined },
    say,
  );
}
