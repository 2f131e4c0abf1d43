import type { RcClient } from '../../certs/rc-client.ts';
import type { CardReader, PresentedCard } from '../../hardware/card-reader.ts';
import { openReader } from '../../hardware/reader-path.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Invocation } from '../../runtime/command-line.ts';
import { CardeaError } from '../../runtime/errors.ts';
import { untilStopped } from '../../runtime/stop.ts';
import type { Surroundings } from '../../runtime/surroundings.ts';
import { asOperator } from '../commands/operator-client.ts';

/** No card was laid on the reader. */
export class NoCardError extends CardeaError {
  readonly code = 'no-card';
}

/** What a command works with once a card lies on the reader. */
export interface CardAtReader {
  readonly client: RcClient;
  readonly surroundings: Surroundings;
  readonly card: PresentedCard;
}

const CARD_WAIT_MS = 60_000;

/**
 * Asks for a card, waits for one, and has `work` done with it as the operator of the command's folder. Reader
 * and client are closed afterwards.
 *
 * @param path the reader, as `--reader` has it
 * @throws NoCardError, HardwareError when the reader cannot be reached, what `asOperator` and `work` throw
 */
export async function withCardAtReader(
  call: Invocation,
  surroundings: Surroundings,
  path: string,
  work: (at: CardAtReader) => Promise<void>,
): Promise<void> {
  let isDone = false;
  await untilStopped((signal) =>
    asOperator(call.folder, surroundings, async (client) => {
      const reader = openReader(path, { clock: surroundings.clock });
      try {
        call.say('lay the card on the reader');
        const card = await waitForCard(reader, surroundings.clock, signal);
        await work({ client, surroundings, card });
        isDone = true;
      } finally {
        await reader.close();
      }
    }),
  );
  if (!isDone) throw new NoCardError('stopped before a card was there: nothing was registered');
}

async function waitForCard(reader: CardReader, clock: Clock, stopped: AbortSignal): Promise<PresentedCard> {
  await reader.ready();
  const over = new AbortController();
  const timer = clock.after(CARD_WAIT_MS, () => {
    over.abort(new NoCardError(`no card was laid on the reader in ${CARD_WAIT_MS / 1000} s: try again`));
  });
  try {
    return await reader.waitForCard(AbortSignal.any([stopped, over.signal]));
  } finally {
    timer.cancel();
  }
}
