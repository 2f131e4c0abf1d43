import { describe, expect, it } from 'vitest';
import type { TapTools } from '../../device/terminal/tap-tools.ts';
import { Terminal } from '../../device/terminal/terminal.ts';
import { SimulatedClock } from '../../runtime/simulated-clock.ts';

/** A terminal on which a card that cannot be read is laid, and taken away at once. */
function serve(turnMs?: (lines: readonly string[]) => number) {
  const clock = new SimulatedClock();
  const shown: string[] = [];
  let listening = 0;
  let cards = 1;
  const never = new Promise<never>(() => {});
  const tools = {
    surroundings: { clock },
    reader: {
      onState: (listener: (state: string) => void) => {
        listener('ready');
        listening += 1;
        const end = () => {
          listening -= 1;
        };
        return { end };
      },
      waitForCard: () => (cards-- > 0 ? Promise.resolve({ readSlots: unreadable }) : never),
      waitForRemoval: async () => {},
    },
    panel: {
      show: (_sign: string, lines: readonly string[]) => shown.push(lines.join(' ')),
      ...(turnMs && { turnMs }),
    },
  };
  const stop = new AbortController();
  const observer = { step: () => {}, ended: () => {} };
  // All that it takes of them here.
  const running = new Terminal(tools as unknown as TapTools, 'serve', observer).run(stop.signal);
  const end = async () => {
    stop.abort();
    await running;
  };
  return { clock, shown, stop: end, listening: () => listening };
}

async function unreadable(): Promise<never> {
  throw Object.assign(new Error('the card could not be read'), { code: 'card-unreadable' });
}

const INVITED = 'Please tap your card.';
const REFUSED = 'The card could not be read. Please lay it flat and try again.';

describe('what a terminal tells at the end of a tap', () => {
  it('stays for four seconds after the card is gone', async () => {
    const { clock, shown, stop, listening } = serve();
    await clock.advance(3_999);
    expect(shown.at(-1)).toBe(REFUSED);
    await clock.advance(1);
    expect(shown.at(-1)).toBe(INVITED);
    expect(listening()).toBe(1);
    await stop();
    expect(clock.pendingTimers).toBe(0);
    expect(listening()).toBe(0);
  });

  it('stays until a small display has shown the last page of it', async () => {
    const asked: string[] = [];
    const { clock, shown, stop } = serve((lines) => {
      asked.push(lines.join(' '));
      return 7_500;
    });
    await clock.advance(7_499);
    expect(asked).toEqual([REFUSED]);
    expect(shown.at(-1)).toBe(REFUSED);
    await clock.advance(1);
    expect(shown.at(-1)).toBe(INVITED);
    await stop();
  });
});
