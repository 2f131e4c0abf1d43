import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { type Invocation, invocation } from '../../runtime/command-line.ts';
import { CardeaError } from '../../runtime/errors.ts';
import { integerSetting } from '../../runtime/settings.ts';
import { untilStopped } from '../../runtime/stop.ts';
import { examine } from '../doctor/examine.ts';
import type { Finding, Verdict } from '../doctor/finding.ts';
import { SYSTEM_PATHS } from '../doctor/gather-port.ts';
import { surroundingsFor, TRACE, traceOf, withHardwareOptions } from './open-terminal.ts';
import { checkTogether, terminalSettings } from './terminal-settings.ts';

/** Something is wrong: exit code 1. */
class DoctorError extends CardeaError {
  readonly code = 'doctor-found';
}

const doctorSettings = terminalSettings.extend({ wait: integerSetting(0, 600).default(20) });

/** `cardea-device doctor`: says what is wrong with this terminal, and what to do about it. */
export function addDoctor(program: Command): void {
  const doctor = program
    .command('doctor')
    .description('test reader, card, panel, sensor, hub and clock, and say what to mend; changes nothing');
  withHardwareOptions(doctor)
    .option('--hub <hub>', 'the hub: its id, or HOST:PORT')
    .option(
      '--wait <seconds>',
      'for a card, and for keys of the panel; 0: nobody is there to ask; default 20',
    )
    .option(...TRACE)
    .action(async (_options, command: Command) => {
      const call = invocation(command);
      let findings: readonly Finding[] | undefined;
      await untilStopped(async (signal) => {
        findings = await runExam(call, signal);
      });
      if (findings === undefined) throw new DoctorError('stopped before everything was looked at');
      conclude(call, findings);
    });
}

async function runExam(call: Invocation, signal: AbortSignal): Promise<readonly Finding[]> {
  const settings = await call.settings(doctorSettings);
  checkTogether(settings);
  const { reader, panel, panelParts, sensor, sensorBoard, hub, wait, logLevel } = settings;
  return await examine({
    surroundings: surroundingsFor(logLevel),
    folder: call.folder,
    reader,
    panel,
    panelParts,
    sensor,
    sensorBoard,
    hub,
    waitMs: wait * 1000,
    system: SYSTEM_PATHS,
    caller: { pid: process.pid, user: userInfo().username },
    ask: (line) => call.say(line),
    trace: traceOf(call),
    found: (some) => {
      for (const finding of some) call.say(lineOf(finding));
    },
    signal,
  });
}

/** A mark before each, never colour alone. */
const MARKS: Readonly<Record<Verdict, string>> = { fine: '✓', advice: '!', wrong: '✗', untested: '·' };
const PART_WIDTH = 21;

function lineOf({ part, verdict, what, remedy }: Finding): string {
  const name = part.replaceAll('-', ' ').padEnd(PART_WIDTH);
  const line = `${MARKS[verdict]} ${name}${what}`;
  return remedy === undefined ? line : `${line}\n  ${' '.repeat(PART_WIDTH)}→ ${remedy}`;
}

function conclude(call: Invocation, findings: readonly Finding[]): void {
  const wrong = findings.filter(({ verdict }) => verdict === 'wrong');
  if (call.json) call.show({ findings: findings.map(plain), wrong: wrong.length }, '');
  else if (wrong.length === 0) call.say('Nothing is wrong.');
  if (wrong.length === 0) return;
  const parts = wrong.map(({ part }) => part.replaceAll('-', ' ')).join(', ');
  throw new DoctorError(`something is wrong with ${parts}: mend it as the findings say, and run this again`);
}

function plain({ part, verdict, what, remedy }: Finding) {
  return { part, verdict, what, remedy: remedy ?? null };
}
