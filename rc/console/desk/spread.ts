import type { CardDetails } from '../../../protocol/rc-api/patients.ts';
import { hubRow } from '../../commands/card-text.ts';
import { table } from '../../commands/text.ts';
import type { Effect, Event, State, Step } from './state.ts';

type Spreading = Extract<State, { readonly at: 'code' | 'spreading' }>;

/** So many looks, half a second apart, until it is said where a card is not usable yet. */
const LOOKS_MAX = 8;

/** After a registration: the recovery code, then at which hubs the card is usable. */
export function spreadTransition(state: Spreading, event: Event): Step {
  return state.at === 'code' ? atCode(state, event) : atSpreading(state, event);
}

function atCode(state: Extract<Spreading, { readonly at: 'code' }>, event: Event): Step {
  const { kept, card } = state;
  if (event.type === 'printed') return { state: { ...state, printing: event.outcome }, effects: [] };
  if (event.type === 'chose' && event.value === 'print') return { state, effects: [{ do: 'print-code' }] };
  // Esc is no way back from here: the code is shown once, and only the registrar knows that it was taken.
  if (event.type !== 'chose') return { state, effects: [] };
  if (card === undefined) return { state: { at: 'menu', kept }, effects: [{ do: 'forget' }] };
  return {
    state: { at: 'spreading', kept, card, details: undefined, looks: 0 },
    effects: [{ do: 'forget' }, { do: 'look-at-hubs', uid: card.uid }],
  };
}

function atSpreading(state: Extract<Spreading, { readonly at: 'spreading' }>, event: Event): Step {
  const { kept, card } = state;
  const menu: State = { at: 'menu', kept };
  switch (event.type) {
    case 'details': {
      const looks = state.looks + 1;
      const { details } = event;
      if (isEverywhere(details) || looks >= LOOKS_MAX) return { state: menu, effects: tell(details) };
      return { state: { ...state, details, looks }, effects: [{ do: 'look-at-hubs', uid: card.uid }] };
    }
    case 'failed':
      return {
        state: menu,
        effects: [
          { do: 'say', tone: 'warn', text: `Where the card is usable is not known: ${event.problem.text}` },
        ],
      };
    case 'back':
    case 'chose':
      return { state: menu, effects: state.details === undefined ? [] : tell(state.details) };
    default:
      return { state, effects: [] };
  }
}

function isEverywhere({ hubs }: CardDetails): boolean {
  return (hubs ?? []).every(({ current }) => current);
}

function tell(details: CardDetails): Effect[] {
  return [{ do: 'say', tone: isEverywhere(details) ? 'success' : 'warn', text: whereUsable(details) }];
}

/** Where a card is usable already, and where not yet, and since when those hubs were silent. */
export function whereUsable({ hubs, card }: CardDetails): string {
  if (hubs === null || hubs.length === 0) return 'There is no hub yet at which the card could be used.';
  const done = hubs.filter(({ current }) => current);
  if (done.length === hubs.length) {
    return `The card is usable at ${hubs.length === 1 ? 'the one hub' : `all ${hubs.length} hubs`}.`;
  }
  const waiting = hubs.filter(({ current }) => !current);
  return [
    `The card is usable at ${done.length} of ${hubs.length} hubs. A hub that is silent learns of it when it is back:`,
    table(waiting.map((hub) => hubRow(hub, card.status))),
  ].join('\n');
}
