import { PassThrough } from 'node:stream';
import type { CommandInput } from './command-io.ts';

const CTRL_C = 0x03;

/** A terminal that is asked on now and then, by whoever holds it. */
export interface HeldTerminal {
  /** What questions are asked on (`secretSource`). */
  readonly input: CommandInput;
  /** The terminal is as it was before. */
  release(): void;
}

/**
 * Keeps a terminal quiet from the first question until it is released, between questions, too: what is typed while
 * nothing is asked is not shown, and is no part of the next answer, which may be another person's. Before that it is
 * left alone, as a program in the background must, and so is what is no terminal.
 *
 * @param onInterrupt Ctrl-C while nothing is asked, which a terminal that is held tells nobody of
 */
export function holdTerminal(terminal: CommandInput, onInterrupt: () => void): HeldTerminal {
  if (terminal.isTTY !== true || terminal.setRawMode === undefined) {
    return { input: terminal, release() {} };
  }
  const held = Object.assign(new PassThrough(), { isTTY: true, setRawMode() {} });
  const onData = (chunk: Buffer | string) => {
    const bytes = Buffer.from(chunk);
    if (held.listenerCount('data') > 0) held.write(bytes);
    else if (bytes.includes(CTRL_C)) onInterrupt();
  };
  const onEnd = () => held.end();
  let isHeld = false;
  held.on('newListener', (event) => {
    if (event !== 'data' || isHeld) return;
    isHeld = true;
    terminal.setRawMode?.(true);
    terminal.on('data', onData);
    terminal.on('end', onEnd);
    terminal.resume();
  });
  return {
    input: held,
    release() {
      held.destroy();
      if (!isHeld) return;
      terminal.off('data', onData);
      terminal.off('end', onEnd);
      terminal.pause();
      terminal.unref?.();
      terminal.setRawMode?.(false);
    },
  };
}
