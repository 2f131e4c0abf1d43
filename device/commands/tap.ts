import type { Command } from 'commander';
import { type Invocation, invocation } from '../../runtime/command-line.ts';
import { CardeaError } from '../../runtime/errors.ts';
import { untilStopped } from '../../runtime/stop.ts';
import { type TapResult, tapOnce } from '../serve-taps.ts';
import { reasonAlone } from '../terminal/failures.ts';
import { refusalLines } from '../terminal/sentences.ts';
import type { Goal, Outcome } from '../terminal/state.ts';
import { stepLine } from '../terminal/step-lines.ts';
import { openTerminal, withTerminalOptions } from './open-terminal.ts';

/** The tap ended in a refusal: exit code 1. */
class TapFailedError extends CardeaError {
  readonly code = 'tap-failed';
}

/** `cardea-device tap`: serves one tap and tells what each step did. */
export function addTap(program: Command): void {
  withTerminalOptions(program.command('tap'))
    .description('serve one tap: card, PIN, mutual authentication with a hub, a session')
    .action((_options, command: Command) => serveOne(invocation(command), 'serve'));
}

/** `cardea-device pin`: a new PIN, with the old one or with the recovery code. */
export function addPin(program: Command): void {
  withTerminalOptions(program.command('pin'))
    .description('change the PIN of a card; with --recovery, set a new one by the recovery code')
    .option('--recovery', 'the PIN is forgotten: ask for the recovery code')
    .action((_options, command: Command) => {
      const call = invocation(command);
      return serveOne(call, call.flags['recovery'] === true ? 'recover' : 'new-pin');
    });
}

async function serveOne(call: Invocation, goal: Goal): Promise<void> {
  const terminal = await openTerminal(call);
  let result: TapResult | undefined;
  try {
    await untilStopped(async (signal) => {
      result = await tapOnce(terminal.tools, goal, {
        onStep: (report) => terminal.tell(stepLine(report)),
        signal,
      });
    });
  } finally {
    await terminal.close();
  }
  if (result === undefined) throw new TapFailedError('stopped before a card was served');
  tell(call, result);
}

function tell(call: Invocation, { outcome, steps }: TapResult): void {
  const told = steps.map(({ step, note, ok, milliseconds }) => ({ step, note, ok, milliseconds }));
  if (call.json) call.show({ ...outcome, steps: told }, '');
  if (outcome.kind === 'refused') throw new TapFailedError(refusal(outcome, steps));
}

/** The patient's words, and behind them what went wrong, for the engineer. */
function refusal(outcome: Outcome & { kind: 'refused' }, steps: TapResult['steps']): string {
  const lines = refusalLines(outcome.reason, outcome).join(' ');
  const failed = steps.findLast(({ ok }) => !ok);
  return failed === undefined || failed.note === reasonAlone(outcome.reason)
    ? lines
    : `${lines} (${failed.note})`;
}
