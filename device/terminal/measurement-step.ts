import type { Measured } from '../../hardware/sensor/sensor.ts';
import { MEASUREMENTS } from './measurements.ts';
import type { NotMeasured } from './measuring.ts';
import type { AtPlace, Effect, Event, State, Step } from './state.ts';
import { stay } from './steps.ts';

type MeasurementState = Extract<State, { phase: 'offering' | 'measuring' | 'reviewing' | 'keeping' }>;

/** What is said where the patient breaks a measurement off. */
const STOPPED = 'The measurement was stopped.';
/** What is said where the hub could not be given it. */
export const NOT_KEPT = 'Your measurement was not kept.';

/** What is said where nothing could be measured. */
const FAILURES: Readonly<Record<NotMeasured, (measured: Measured) => string>> = {
  'no-sensor': (measured) => `The ${MEASUREMENTS[measured].instrument} is not connected.`,
  'no-value': (measured) => `The ${MEASUREMENTS[measured].instrument} does not answer.`,
  implausible: (measured) => `That is no ${MEASUREMENTS[measured].name} of a person.`,
  unsteady: () => 'The value would not settle.',
};

/** Asks whether the patient wants to leave a measurement. */
export function offer(at: AtPlace, measures: Measured): Step {
  const question = `Measure your ${MEASUREMENTS[measures].name} now?`;
  return {
    state: { ...at, phase: 'offering', measures },
    effects: ask(question, ['Yes', 'No, go on']),
  };
}

/**
 * The measurement: offered, taken, looked at by the patient, and left with the hub where the patient says so. Whatever
 * becomes of it, the visit goes on: the patient is checked in.
 */
export function measurementTransition(state: MeasurementState, event: Event): Step {
  switch (state.phase) {
    case 'offering':
      if (event.type === 'failed') return goOn(state);
      if (event.type !== 'chosen') return stay(state);
      return event.index === 0 ? measure(state) : goOn(state);
    case 'measuring':
      if (event.type === 'measured') return review(state, event.text);
      if (event.type === 'not-measured') return again(state, FAILURES[event.reason](state.measures));
      if (event.type === 'cancelled') return again(state, STOPPED);
      return event.type === 'failed' ? goOn(state, notKept(state)) : stay(state);
    case 'reviewing':
      if (event.type === 'failed') return goOn(state, notKept(state));
      if (event.type !== 'chosen') return stay(state);
      if (event.index === 0) return keep(state);
      return event.index === 1 ? measure(state) : goOn(state);
    case 'keeping':
      if (event.type === 'kept') return goOn(state);
      return event.type === 'failed' ? goOn(state, NOT_KEPT) : stay(state);
  }
}

function measure(state: MeasurementState & { phase: 'offering' | 'reviewing' }): Step {
  const { how } = MEASUREMENTS[state.measures];
  return {
    state: { ...state, phase: 'measuring' },
    effects: [{ do: 'show', sign: 'attention', lines: [how] }, { do: 'measure' }],
  };
}

/** Back to where the patient was asked, in other words. */
function again(state: MeasurementState & { phase: 'measuring' }, why: string): Step {
  return {
    state: { ...state, phase: 'offering' },
    effects: ask(why, ['Try again', 'Go on without']),
  };
}

function review(state: MeasurementState & { phase: 'measuring' }, text: string): Step {
  return {
    state: { ...state, phase: 'reviewing' },
    effects: ask(`${text}: keep it?`, ['Yes', 'Measure again', 'No']),
  };
}

function keep(state: MeasurementState & { phase: 'reviewing' }): Step {
  return {
    state: { ...state, phase: 'keeping' },
    effects: [{ do: 'show', sign: 'working', lines: ['One moment …'] }, { do: 'keep-measurement' }],
  };
}

function goOn(state: MeasurementState, notice?: string): Step {
  const next = { ...state, phase: 'summarising', measurement: 'over' } as const;
  return {
    state: notice === undefined ? next : { ...next, notice },
    effects: [{ do: 'summarise' }],
  };
}

function notKept({ measures }: { readonly measures: Measured }): string {
  return `Your ${MEASUREMENTS[measures].name} was not kept.`;
}

/** The words, for the ear and for a front that shows them apart from what there is to choose; then the choice. */
function ask(prompt: string, options: readonly string[]): readonly Effect[] {
  return [
    { do: 'show', sign: 'attention', lines: [prompt] },
    { do: 'choose', prompt, options },
  ];
}
