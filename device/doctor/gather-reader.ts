import type { CardReader, PresentedCard } from '../../hardware/card-reader.ts';
import { BlankCardError } from '../../hardware/errors.ts';
import { currentImage, EmptyCardError } from '../../protocol/card-slots.ts';
import { SUITE } from '../../protocol/constants.ts';
import type { Primitives } from '../../protocol/crypto/primitives.ts';
import type { Clock } from '../../runtime/clock.ts';
import { failureOf } from './finding.ts';
import type { CardFacts, ChipFacts, ReaderFacts } from './reader-facts.ts';

export interface ReaderExam {
  readonly reader: CardReader;
  readonly clock: Clock;
  readonly primitives: Primitives;
  /** How long to wait for a card; 0: do not ask for one. */
  readonly cardWaitMs: number;
  /** Asks whoever stands there to lay a card on. */
  readonly askForCard: () => void;
  readonly signal?: AbortSignal | undefined;
}

/** Asks chip and card what they are. Writes nothing. @throws the signal's reason */
export async function gatherReader(exam: ReaderExam): Promise<ReaderFacts> {
  const chip = await gatherChip(exam.reader);
  if (chip.state !== 'answers') {
    return { chip, card: { state: 'untested', why: 'without the reader no card can be tested' } };
  }
  return { chip, card: await gatherCard(exam) };
}

async function gatherChip(reader: CardReader): Promise<ChipFacts> {
  try {
    await reader.ready();
  } catch (error) {
    return { state: 'fails', failure: failureOf(error) };
  }
  const { chip } = reader;
  return chip === undefined
    ? { state: 'fails', failure: { code: 'reader-lost', message: 'the reader was there, and is gone again' } }
    : { state: 'answers', ...chip };
}

async function gatherCard({
  reader,
  clock,
  primitives,
  cardWaitMs,
  askForCard,
  signal,
}: ReaderExam): Promise<CardFacts> {
  if (cardWaitMs === 0) return { state: 'untested', why: 'no card was asked for' };
  askForCard();
  const card = await cardWithin(reader, clock, cardWaitMs, signal);
  if (card === undefined) return { state: 'not-laid', waitedMs: cardWaitMs };
  try {
    const before = clock.monotonic();
    const content = await contentOf(card, primitives);
    const readMs = clock.monotonic() - before;
    return { state: 'read', description: await card.describe(), ...content, readMs };
  } catch (error) {
    return { state: 'fails', failure: failureOf(error) };
  }
}

async function cardWithin(
  reader: CardReader,
  clock: Clock,
  waitMs: number,
  signal: AbortSignal | undefined,
): Promise<PresentedCard | undefined> {
  const tooLate = new AbortController();
  const timer = clock.after(waitMs, () => tooLate.abort());
  try {
    return await reader.waitForCard(signal ? AbortSignal.any([signal, tooLate.signal]) : tooLate.signal);
  } catch (error) {
    signal?.throwIfAborted();
    if (tooLate.signal.aborted) return undefined;
    throw error;
  } finally {
    timer.cancel();
  }
}

async function contentOf(
  card: PresentedCard,
  primitives: Primitives,
): Promise<Pick<CardFacts & { state: 'read' }, 'holds' | 'caPin'>> {
  try {
    const { image } = currentImage(primitives, await card.readSlots());
    return image.suite === SUITE.cardea1
      ? { holds: 'cardea-1', caPin: image.caPin }
      : { holds: 'limbasiya-2021' };
  } catch (error) {
    if (error instanceof BlankCardError) return { holds: 'nothing' };
    if (error instanceof EmptyCardError) return { holds: 'empty slots' };
    throw error;
  }
}
