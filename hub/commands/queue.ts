import type { Command } from 'commander';
import { invocation, UsageError } from '../../runtime/command-line.ts';
import { PASSPHRASE_OPTION, withRecords } from './records-office.ts';

const MINUTE_MS = 60_000;

/** `cardea-hub queue`: who waits today; `queue done N`: number N has been seen. */
export function addQueue(program: Command): void {
  const queue = program
    .command('queue')
    .description('who has checked in today and waits, in order')
    .option(...PASSPHRASE_OPTION)
    .action(async (_options, command: Command) => {
      const call = invocation(command);
      const waiting = await withRecords(call, 'cardea-hub queue', (office) => office.queue());
      const lines = waiting.map(
        ({ place, since, subject }) =>
          `${String(place).padStart(4)}  ${waitedText(since)}  patient ${subject}`,
      );
      call.show(
        { waiting: waiting.map((one) => ({ ...one })) },
        lines.length === 0 ? 'nobody waits' : lines.join('\n'),
      );
    });
  queue
    .command('done')
    .description('number N has been seen: it leaves the queue')
    .argument('<number>', 'the number that the patient was given')
    .action(async (text: string, _options, command: Command) => {
      const call = invocation(command);
      const place = Number(text);
      if (!/^[1-9][0-9]{0,5}$/.test(text))
        throw new UsageError(`"${text}" is no number of a queue: give 1 or more`);
      const wasWaiting = await withRecords(call, 'cardea-hub queue', (office) => office.done(place));
      const what = wasWaiting ? 'has left the queue' : 'had left the queue before';
      call.show({ place, wasWaiting }, `number ${place} ${what}`);
    });
}

function waitedText(since: string): string {
  const minutes = Math.max(0, Math.floor((Date.now() - Date.parse(since)) / MINUTE_MS));
  return `${String(minutes).padStart(4)} min`;
}
