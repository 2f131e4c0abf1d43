import { describe, expect, it } from 'vitest';
import type { CardSummary } from '../../../../protocol/rc-api/cards.ts';
import type { CardDetails, PatientSummary } from '../../../../protocol/rc-api/patients.ts';
import { type Effect, type Event, START, type State } from '../../../../rc/console/desk/state.ts';
import { transition } from '../../../../rc/console/desk/transition.ts';
import { viewOf } from '../../../../rc/console/desk/view.ts';

const CARD: CardSummary = {
  uid: 'aa'.repeat(16),
  suite: 'cardea-1',
  status: 'active',
  locked: false,
  pinVersion: 1,
  patientId: 'bb'.repeat(16),
  name: 'Asha Naik',
  record: 'GOA/17',
  registered: 1_800_000_000_000,
  registeredBy: 'desk-1',
  revoked: null,
  reason: null,
};
const HUBS = [
  { id: 'goa-01', location: 'Goa', current: true, lastSeen: 1_800_000_000_000 },
  { id: 'pune-02', location: 'Pune', current: false, lastSeen: 1_799_999_000_000 },
];

function detailsOf(card: Partial<CardSummary> = {}, more: Partial<CardDetails> = {}): CardDetails {
  return { card: { ...CARD, ...card }, history: [], tries: [], hubs: HUBS, others: [], time: 0, ...more };
}

function patient(name: string, uid = CARD.uid): PatientSummary {
  return { id: 'cc'.repeat(16), name, record: 'GOA/17', registered: 0, cards: [{ ...CARD, name, uid }] };
}

/** Everything that happens, one after the other, from the menu on. */
function having(...events: Event[]): { readonly state: State; readonly effects: readonly Effect[] } {
  let step: ReturnType<typeof transition> = { state: START, effects: [] };
  for (const event of events) step = transition(step.state, event);
  return step;
}

const chose = (value: string): Event => ({ type: 'chose', value });
const typed = (text: string): Event => ({ type: 'typed', text });
const back = (text?: string): Event =>
  text === undefined ? { type: 'back' } : { type: 'back', typed: text };
const details = (card?: Partial<CardSummary>): Event => ({ type: 'details', details: detailsOf(card) });
const PIN_TAKEN: Event = { type: 'pin-taken' };
const NOBODY: Event = { type: 'found', patients: [], more: false };
const failed = (code: string): Event => ({ type: 'failed', problem: { code, text: `${code}.` } });

const TO_PIN: Event[] = [chose('register'), typed('Asha Naik'), typed('GOA/17'), NOBODY, typed('')];
const TO_CARD: Event[] = [...TO_PIN, PIN_TAKEN, PIN_TAKEN];
const TO_WRITING: Event[] = [...TO_CARD, { type: 'card-there' }];
const REGISTERED: Event = { type: 'registered', card: CARD, hasCode: true };

describe('a registration at the console', () => {
  it('takes a key, a name, a number, a date, the PIN twice, and the card', () => {
    expect(having(...TO_PIN).state.at).toBe('pin');
    expect(having(...TO_CARD).state.at).toBe('card');
    const { state, effects } = having(...TO_WRITING);
    expect(state.at).toBe('writing');
    expect(effects).toMatchObject([
      { do: 'write-card', draft: { name: 'Asha Naik', record: 'GOA/17', force: false } },
    ]);
  });

  it('shows the code once, then where the card is usable, and is back at the menu without a key', () => {
    expect(having(...TO_WRITING, REGISTERED).state).toMatchObject({ at: 'code', card: CARD });
    const shown = having(...TO_WRITING, REGISTERED, chose('done'));
    expect(shown).toMatchObject({
      state: { at: 'spreading' },
      effects: [{ do: 'forget' }, { do: 'look-at-hubs', uid: CARD.uid }],
    });
    const everywhere: Event = {
      type: 'details',
      details: detailsOf({}, { hubs: HUBS.map((hub) => ({ ...hub, current: true })) }),
    };
    const done = having(...TO_WRITING, REGISTERED, chose('done'), everywhere);
    expect(done.state).toEqual(START);
    expect(done.effects).toEqual([{ do: 'say', tone: 'success', text: 'The card is usable at all 2 hubs.' }]);
  });

  it('says at which hubs the card is not usable yet, and since when they were silent', () => {
    const looks = Array.from({ length: 8 }, () => details());
    expect(having(...TO_WRITING, REGISTERED, chose('done'), ...looks.slice(1)).state.at).toBe('spreading');
    const { state, effects } = having(...TO_WRITING, REGISTERED, chose('done'), ...looks);
    expect(state.at).toBe('menu');
    expect(effects).toEqual([
      {
        do: 'say',
        tone: 'warn',
        text: 'The card is usable at 1 of 2 hubs. A hub that is silent learns of it when it is back:\npune-02  Pune  not yet: silent since 2027-01-15 07:43:20Z',
      },
    ]);
    const patience = having(...TO_WRITING, REGISTERED, chose('done'), details(), back());
    expect(patience).toMatchObject({ state: { at: 'menu' }, effects: [{ tone: 'warn' }] });
  });

  it('keeps the code on its page until it is said that the patient has it', () => {
    for (const event of [back(), { type: 'tapped', uid: CARD.uid } as const, chose('print')]) {
      expect(having(...TO_WRITING, REGISTERED, event).state.at).toBe('code');
    }
    expect(having(...TO_WRITING, REGISTERED, chose('print')).effects).toEqual([{ do: 'print-code' }]);
  });

  it('needs a name, and a day that there is', () => {
    expect(having(chose('register'), typed('  '))).toMatchObject({
      state: { at: 'name', problem: 'a card needs a name' },
    });
    expect(having(chose('register'), typed('A\u202eB')).state).toMatchObject({
      at: 'name',
      problem: expect.stringMatching(/./),
    });
    const toBorn = TO_PIN.slice(0, -1);
    for (const day of ['1984-02-30', '84-02-03', 'yesterday', '1984-13-01', '0000-00-00']) {
      expect(having(...toBorn, typed(day)).state, day).toMatchObject({ at: 'born', draft: { born: day } });
    }
    expect(having(...toBorn, typed('1984-02-29')).state.at).toBe('pin');
    expect(having(...toBorn, typed('1983-02-29')).state.at).toBe('born');
  });

  it('asks when the record number is known, and leads to the patient or past them', () => {
    const toKnown: Event[] = [
      chose('register'),
      typed('Asha Naik'),
      typed('goa 17'),
      { type: 'found', patients: [patient('Asha N.')], more: false },
    ];
    expect(viewOf(having(...toKnown).state)).toMatchObject({
      kind: 'choice',
      choices: [
        { value: CARD.uid, label: 'yes: Asha N.' },
        { value: 'another', label: 'no: Asha Naik is another patient with this number' },
      ],
    });
    expect(having(...toKnown, chose('another')).state).toMatchObject({
      at: 'born',
      draft: { sameRecord: true },
    });
    expect(having(...toKnown, chose(CARD.uid)).effects).toEqual([{ do: 'show', uid: CARD.uid }]);
    expect(having(...toKnown, chose(CARD.uid), details()).state.at).toBe('patient');
    expect(having(...toKnown, back()).state).toMatchObject({ at: 'record', draft: { record: 'goa 17' } });
  });

  it('asks for the PIN once more when it is weak, or typed differently', () => {
    const refused: Event = { type: 'pin-refused', problem: 'too easy' };
    expect(having(...TO_PIN, refused).state).toMatchObject({ at: 'pin', problem: 'too easy' });
    expect(having(...TO_PIN, PIN_TAKEN, refused).state).toMatchObject({ at: 'pin', problem: 'too easy' });
  });

  it('has no secret in any state', () => {
    const typedPin = having(...TO_PIN, typed('482913'));
    expect(JSON.stringify(typedPin.state)).not.toContain('482913');
    expect(typedPin.effects).toMatchObject([{ do: 'take-pin', text: '482913' }]);
  });
});

describe('Esc', () => {
  it('leads back step by step, and what was typed is offered again', () => {
    const steps: Event[] = [...TO_CARD, back(), back(), back('1984-0'), back('GOA/1'), back('Asha N')];
    const places = steps.map((_, index) => having(...steps.slice(0, index + 1)).state.at);
    expect(places.slice(-5)).toEqual(['pin', 'born', 'record', 'name', 'menu']);
    const again = having(...steps, chose('register'));
    expect(viewOf(again.state)).toMatchObject({ kind: 'text', initial: 'Asha N' });
    const on = having(...steps, chose('register'), typed('Asha N'));
    expect(viewOf(on.state)).toMatchObject({ initial: 'GOA/1' });
    expect(
      viewOf(having(...steps, chose('register'), typed('Asha N'), typed('GOA/1'), NOBODY).state),
    ).toMatchObject({
      initial: '1984-0',
    });
  });

  it('forgets the PIN wherever it leaves it', () => {
    expect(having(...TO_CARD, back()).effects).toEqual([{ do: 'forget' }]);
    expect(having(...TO_PIN, back()).effects).toEqual([{ do: 'forget' }]);
    expect(having(...TO_WRITING, failed('card-removed'), back()).effects).toEqual([{ do: 'forget' }]);
    expect(having(...TO_CARD, { type: 'leave' })).toMatchObject({
      state: { at: 'left' },
      effects: [{ do: 'forget' }],
    });
  });

  it('offers what was sought again, from the list and from a page', () => {
    const many: Event = {
      type: 'found',
      patients: [patient('A'), patient('B', 'dd'.repeat(16))],
      more: true,
    };
    const sought: Event[] = [chose('find'), typed('asha'), many];
    expect(having(...sought).state.at).toBe('found');
    expect(having(...sought, chose(CARD.uid), details(), back()).state).toMatchObject({
      at: 'found',
      more: true,
    });
    expect(viewOf(having(...sought, back()).state)).toMatchObject({ initial: 'asha' });
    expect(viewOf(having(...sought, back(), back('ashan'), chose('find')).state)).toMatchObject({
      initial: 'ashan',
    });
  });

  it('leads from every page to the one before it, and never out of the console', () => {
    const known: Event = { type: 'found', patients: [patient('A')], more: false };
    const two: Event = { type: 'found', patients: [patient('A'), patient('B')], more: false };
    const shown: Event[] = [{ type: 'tapped', uid: CARD.uid }, details()];
    const ways: [Event[], State['at']][] = [
      [[chose('find')], 'menu'],
      [[chose('find'), typed('asha'), two], 'find'],
      [[chose('hubs'), { type: 'hubs', hubs: [] }], 'menu'],
      [[chose('hubs')], 'menu'],
      [shown, 'menu'],
      [[...shown, chose('revoke')], 'patient'],
      [[...shown, chose('revoke'), chose('lost')], 'reason'],
      [[...shown, chose('replace')], 'patient'],
      [[...shown, chose('replace'), chose('yes')], 'confirm-replace'],
      [[chose('register')], 'menu'],
      [[chose('register'), typed('Asha')], 'name'],
      [[chose('register'), typed('Asha'), typed('17')], 'record'],
      [[chose('register'), typed('Asha'), typed('17'), known], 'record'],
      [TO_PIN.slice(0, -1), 'record'],
      [TO_PIN, 'born'],
      [[...TO_PIN, PIN_TAKEN], 'pin'],
      [TO_CARD, 'pin'],
      [[...TO_WRITING, failed('card-removed')], 'pin'],
    ];
    for (const [way, before] of ways) {
      expect(having(...way, back()).state.at, having(...way).state.at).toBe(before);
    }
  });

  it('does not leave the console at the menu, nor a card that is being written', () => {
    expect(having(back()).state).toEqual(START);
    expect(having(...TO_WRITING, back()).state.at).toBe('writing');
  });

  it('gives up a question that the registration centre does not answer', () => {
    expect(having(chose('find'), typed('asha'), back()).state).toMatchObject({
      at: 'find',
      kept: { sought: 'asha' },
    });
    expect(having({ type: 'tapped', uid: CARD.uid }, back()).state).toEqual(START);
  });
});

describe('a failure', () => {
  it('of a question is said, and leads back to where it was asked', () => {
    const { state, effects } = having(chose('find'), typed('asha'), failed('rc-unreachable'));
    expect(state).toMatchObject({ at: 'find', kept: { sought: 'asha' } });
    expect(effects).toEqual([{ do: 'say', tone: 'error', text: 'rc-unreachable.' }]);
  });

  it('at the card lets it be tried again without the PIN, and overwritten only where that is asked for', () => {
    const removed = having(...TO_WRITING, failed('card-removed'));
    expect(removed.state.at).toBe('card-failed');
    expect(having(...TO_WRITING, failed('card-removed'), chose('again')).state.at).toBe('card');
    const choices = (code: string) => {
      const view = viewOf(having(...TO_WRITING, failed(code)).state);
      return view.kind === 'choice' ? view.choices.map(({ value }) => value) : [];
    };
    expect(choices('card-removed')).toEqual(['again']);
    expect(choices('card-occupied')).toEqual(['again', 'overwrite']);
    expect(choices('card-foreign')).toEqual(['again', 'overwrite']);
    expect(choices('record-taken')).toEqual(['again', 'record']);
    const forced = having(...TO_WRITING, failed('card-occupied'), chose('overwrite'), { type: 'card-there' });
    expect(forced.effects).toMatchObject([{ do: 'write-card', draft: { force: true } }]);
  });

  it('at the last step asks for that step again, and nothing else', () => {
    const unconfirmed: Event = {
      type: 'unconfirmed',
      problem: { code: 'registration-unconfirmed', text: 'silent.' },
      hasCode: false,
    };
    const again = having(...TO_WRITING, unconfirmed, chose('again'));
    expect(again).toMatchObject({ state: { at: 'writing' }, effects: [{ do: 'complete' }] });
    expect(transition(again.state, REGISTERED).state.at).toBe('code');
    const left = having(...TO_WRITING, unconfirmed, back());
    expect(left).toMatchObject({ state: { at: 'menu', kept: { draft: { name: 'Asha Naik' } } } });
    expect(left.effects).toEqual([{ do: 'forget' }, { do: 'say', tone: 'warn', text: 'silent.' }]);
  });

  it('at the last step shows the code before that is left: the card may be registered', () => {
    const unconfirmed: Event = {
      type: 'unconfirmed',
      problem: { code: 'registration-unconfirmed', text: 'silent.' },
      hasCode: true,
    };
    for (const leaving of [back(), chose('leave')]) {
      const shown = having(...TO_WRITING, unconfirmed, leaving);
      expect(shown.state).toMatchObject({ at: 'code', name: 'Asha Naik' });
      expect(shown.effects).toEqual([{ do: 'say', tone: 'warn', text: 'silent.' }]);
      expect(having(...TO_WRITING, unconfirmed, leaving, back()).state.at).toBe('code');
      const menu = having(...TO_WRITING, unconfirmed, leaving, chose('done'));
      expect(menu).toMatchObject({ state: { at: 'menu' }, effects: [{ do: 'forget' }] });
      expect(menu.state.kept.draft).toMatchObject({ name: 'Asha Naik', record: 'GOA/17' });
    }
  });
});

describe('a patient’s page', () => {
  const open: Event[] = [{ type: 'tapped', uid: CARD.uid }];
  const offered = (card: Partial<CardSummary>, more: Partial<CardDetails> = {}) => {
    const view = viewOf(having(...open, { type: 'details', details: detailsOf(card, more) }).state);
    return view.kind === 'choice' ? view.choices.map(({ value }) => value) : [];
  };

  it('offers what can be done with the card', () => {
    expect(offered({})).toEqual(['replace', 'revoke', 'unlock', 'back']);
    expect(offered({ locked: true })).toEqual(['unlock', 'replace', 'revoke', 'back']);
    const copied = { what: 'locked', time: 1, by: 'goa-01', cause: 'copy' } as const;
    expect(offered({ locked: true }, { history: [copied] })).toEqual(['replace', 'revoke', 'back']);
    expect(offered({ status: 'revoked', reason: 'lost', revoked: 1 })).toEqual(['replace', 'back']);
    expect(offered({ status: 'revoked', reason: 'replaced', revoked: 1 })).toEqual(['back']);
    expect(offered({ suite: 'limbasiya-2021', pinVersion: null })).toEqual(['replace', 'revoke', 'back']);
  });

  it('revokes after a reason and a yes, and shows what came of it', () => {
    const steps: Event[] = [...open, details(), chose('revoke'), chose('stolen')];
    expect(having(...steps, chose('no')).state.at).toBe('patient');
    expect(having(...steps, back()).state.at).toBe('reason');
    expect(having(...steps, chose('yes')).effects).toEqual([
      { do: 'revoke', uid: CARD.uid, reason: 'stolen' },
    ]);
    const done = having(...steps, chose('yes'), details({ status: 'revoked', reason: 'stolen', revoked: 1 }));
    expect(done.effects).toMatchObject([
      { do: 'say', tone: 'success', text: expect.stringMatching(/^Revoked\./) },
    ]);
    expect(having(...open, details(), chose('revoke'), chose('bored')).state.at).toBe('reason');
  });

  it('replaces after a yes, with the patient who is known', () => {
    const steps: Event[] = [...open, details(), chose('replace')];
    expect(having(...steps, chose('no')).state.at).toBe('patient');
    const writing = having(...steps, chose('yes'), typed(''), PIN_TAKEN, PIN_TAKEN, { type: 'card-there' });
    expect(writing.effects).toMatchObject([
      { do: 'write-card', draft: { replaces: { card: { uid: CARD.uid } } } },
    ]);
    const toBorn = having(...steps, chose('yes'), back());
    expect(toBorn.state.at).toBe('confirm-replace');
    const again = having(...steps, chose('yes'), back('1984-07'), chose('yes'));
    expect(viewOf(again.state)).toMatchObject({ kind: 'text', initial: '1984-07' });
    const failedView = viewOf(transition(writing.state, failed('card-removed')).state);
    expect(failedView).toMatchObject({ lines: ['card-removed.', 'The old card is as it was, and good.'] });
    const done = transition(writing.state, { type: 'registered', card: CARD, hasCode: false });
    expect(done.effects).toMatchObject([
      { do: 'say', text: expect.stringMatching(/has a new card, and the old one has ended/) },
      { do: 'forget' },
      { do: 'look-at-hubs' },
    ]);
  });

  it('unlocks with one key', () => {
    expect(having(...open, details({ locked: true }), chose('unlock')).effects).toEqual([
      { do: 'unlock', uid: CARD.uid },
    ]);
  });
});

describe('an event that does not belong where it comes', () => {
  it('changes nothing', () => {
    const strays: Event[] = [
      REGISTERED,
      PIN_TAKEN,
      { type: 'step', step: 'card written' },
      { type: 'printed', outcome: 'x' },
      { type: 'card-there' },
    ];
    for (const path of [[], [chose('find')], TO_PIN.slice(0, 1), TO_PIN.slice(0, 2)]) {
      const { state } = having(...path);
      for (const stray of strays) expect(transition(state, stray)).toEqual({ state, effects: [] });
    }
  });
});
