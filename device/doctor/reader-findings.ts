import { advice, type Finding, fine, untested, wrongBy } from './finding.ts';
import type { CardFacts, ChipFacts, ReaderFacts } from './reader-facts.ts';

/** A PN532's speed as it powers up; a line that stays there works, and reads a card in twice the time. */
const POWER_UP_SPEED = 115_200;
const WIRES =
  'set its switches to serial (HSU), check that TX goes to RX and RX to TX, and its power; then unplug it and plug it in';

/** What is to be said of the reader and of the card on it. */
export function readerFindings({ chip, card }: ReaderFacts): Finding[] {
  return [...chipFindings(chip), ...cardFindings(card)];
}

function chipFindings(chip: ChipFacts): Finding[] {
  switch (chip.state) {
    case 'untested':
      return [untested('reader', chip.why)];
    case 'fails':
      return [wrongBy('reader', chip.failure, WIRES)];
    case 'answers':
      return [fine('reader', `a ${chip.firmware} answers`), speed(chip.speed)];
  }
}

function speed(baud: number): Finding {
  const what = `the line runs at ${baud.toLocaleString('en')} baud`;
  if (baud > POWER_UP_SPEED) return fine('speed', what);
  return advice(
    'speed',
    `${what}, and not faster`,
    'a USB adapter, or a UART that can do 921,600, halves the wait',
  );
}

/** A card that answers shows that the antenna works; nothing else does without instruments. */
function cardFindings(card: CardFacts): Finding[] {
  switch (card.state) {
    case 'untested':
      return [untested('antenna', card.why), untested('card', card.why)];
    case 'not-laid':
      return [
        untested(
          'antenna',
          `no card was seen within ${Math.round(card.waitedMs / 1000)} s`,
          'run this again and lay a card on the reader; if it is not seen then, take metal away from the antenna and try another card',
        ),
      ];
    case 'read':
      return [fine('antenna', 'it sees the card'), fine('card', `${card.description}, ${holding(card)}`)];
    case 'fails':
      return [fine('antenna', 'it sees the card'), cardFailure(card)];
  }
}

function holding({ holds, readMs }: CardFacts & { state: 'read' }): string {
  switch (holds) {
    case 'nothing':
      return 'fresh and ready to be registered';
    case 'empty slots':
      return 'prepared, with no patient on it yet';
    case 'cardea-1':
    case 'limbasiya-2021':
      return `registered (${holds}), read in ${Math.round(readMs)} ms`;
  }
}

/** Of a card that is not for Cardea the terminal is not to blame. */
const NOT_OURS: readonly string[] = ['card-foreign', 'card-too-small', 'card-locked', 'card-unsupported'];

function cardFailure({ failure }: CardFacts & { state: 'fails' }): Finding {
  if (!NOT_OURS.includes(failure.code)) {
    return wrongBy('card', failure, 'lay it flat on the reader, alone; then try another card');
  }
  const { what, remedy = 'use an NTAG215, an NTAG216 or a Cardea smart card' } = wrongBy('card', failure, '');
  return advice('card', what, remedy);
}
