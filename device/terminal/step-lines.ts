import type { Effect } from './state.ts';
import type { StepReport } from './terminal.ts';

/** What each step is called where an engineer reads it. */
const LABELS: Readonly<Partial<Record<Effect['do'], string>>> = {
  'watch-for-card': 'reader',
  'read-card': 'card',
  'call-hub': 'hub',
  ask: 'typed',
  claim: 'claim',
  'open-card': 'opened',
  prove: 'proof',
  inform: 'session',
  'check-in': 'arrived',
  choose: 'chosen',
  measure: 'measured',
  'keep-measurement': 'kept',
  summarise: 'summary',
  'prepare-new-pin': 'prepared',
  'write-card': 'written',
  'confirm-new-pin': 'confirmed',
  'refresh-list': 'list',
  'write-list': 'written',
  'choose-hub': 'chosen',
  'clear-old-image': 'cleared',
};

/** One step of a tap as a line: what, how long it took, what came of it. */
export function stepLine({ step, milliseconds, note, ok }: StepReport): string {
  const label = (LABELS[step] ?? step).padEnd(9);
  return `${ok ? ' ' : '✗'} ${label} ${milliseconds.toFixed(1).padStart(8)} ms  ${note}`;
}
