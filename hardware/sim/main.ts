import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import type { HardwareClock } from '../clock.ts';
import { openPseudoTerminal } from './pseudo-terminal.ts';
import { SIM_HELP, SimPrompt } from './sim-prompt.ts';
import { VirtualPn532 } from './virtual-pn532.ts';

const USAGE = `npm run sim [-- --card FILE]

A virtual PN532 on a pseudo-terminal, with the card in FILE on it (made if there is none). At its prompt:
${SIM_HELP}`;

const clock: HardwareClock = {
  monotonic: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return { cancel: () => clearTimeout(timer) };
  },
};

function say(text: string): void {
  if (text !== '') process.stdout.write(`${text}\n`);
}

async function run(cardFile: string): Promise<void> {
  const prompt = new SimPrompt((length) => randomBytes(length));
  const terminal = await openPseudoTerminal(new VirtualPn532({ clock, field: prompt }));
  say(`A virtual PN532 is at ${terminal.path}`);
  say(`With libnfc: LIBNFC_DEFAULT_DEVICE=pn532_uart:${terminal.path} nfc-list`);
  if (!existsSync(cardFile)) say(prompt.say(`blank ${cardFile}`) ?? '');
  say(prompt.say(`put ${cardFile}`) ?? '');

  const lines = createInterface({ input: process.stdin, output: process.stdout, prompt: '> ' });
  const stop = () => {
    lines.close();
    // Else an input that stays open would keep the process alive.
    process.stdin.destroy();
    void terminal.close();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  lines.on('SIGINT', stop);
  // In a script, without a terminal, the end of the input is no reason to stop.
  if (process.stdin.isTTY) lines.on('close', stop);
  lines.on('line', (line) => {
    const answer = prompt.say(line);
    if (answer === null) {
      stop();
      return;
    }
    say(answer);
    lines.prompt();
  });
  lines.prompt();
}

function cardFileArgument(): string | null {
  const { values } = parseArgs({
    options: { card: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) return null;
  return values.card ?? join(mkdtempSync(join(tmpdir(), 'cardea-sim-')), 'card');
}

try {
  const cardFile = cardFileArgument();
  if (cardFile === null) say(USAGE);
  else await run(cardFile);
} catch (error) {
  const isUsage = error instanceof TypeError;
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`sim: ${message}${isUsage ? ' (--help says what there is)' : ''}\n`);
  process.exitCode = isUsage ? 2 : 1;
}
