import { checkedCrcA, withCrcA } from './crc-a.ts';
import { STATUS } from './status.ts';
import type { CardAnswer } from './virtual-card.ts';

/** Frame size 64, CID 0 (HARDWARE 5). */
const RATS = [0xe0, 0x50];
/** What a block of 64 bytes carries besides its PCB and CRC. */
const BLOCK_CONTENT = 61;
/** How often a lost block is asked for again before the card counts as gone. */
const RETRIES = 2;

const CHAINING = 0x10;
const BLOCK_NUMBER = 0x01;

type Exchange = (frame: Uint8Array) => CardAnswer;

/** What the chip's firmware does of ISO/IEC 14443-4 for the host: block numbers, chaining, lost blocks. */
export class IsoDepLink {
  /** The card's answer to RATS, its length first. */
  readonly ats: Uint8Array;
  readonly #exchange: Exchange;
  #blockNumber = 0;

  private constructor(exchange: Exchange, ats: Uint8Array) {
    this.#exchange = exchange;
    this.ats = ats;
  }

  /** Sends RATS; null when the card does not answer it. */
  static open(exchange: Exchange): IsoDepLink | null {
    const ats = content(exchange(withCrcA(Uint8Array.from(RATS))));
    return ats === null ? null : new IsoDepLink(exchange, ats);
  }

  /** A command APDU; the response APDU, or a status of the PN532 that says why there is none. */
  transceive(apdu: Uint8Array): Uint8Array | number {
    let answer: Uint8Array | null = null;
    for (let at = 0; at === 0 || at < apdu.length; at += BLOCK_CONTENT) {
      const more = at + BLOCK_CONTENT < apdu.length;
      const pcb = 0x02 | (more ? CHAINING : 0) | this.#blockNumber;
      answer = this.#reliably(Uint8Array.of(pcb, ...apdu.slice(at, at + BLOCK_CONTENT)));
      if (answer === null) return STATUS.timeout;
      if (more && !isReceiveReady(answer)) return STATUS.protocolError;
    }

    const response: number[] = [];
    while (answer !== null && isInformation(answer)) {
      response.push(...answer.slice(1));
      if (((answer[0] ?? 0) & CHAINING) === 0) return Uint8Array.from(response);
      answer = this.#reliably(Uint8Array.of(0xa2 | this.#blockNumber));
    }
    return answer === null ? STATUS.timeout : STATUS.protocolError;
  }

  /** Asks with R(NAK) whether the card is still there. */
  isPresent(): boolean {
    return content(this.#exchange(withCrcA(Uint8Array.of(0xb2 | this.#blockNumber)))) !== null;
  }

  /** Sends a block until its answer, with the right number, is here; null when it never comes. */
  #reliably(block: Uint8Array): Uint8Array | null {
    let answer = content(this.#exchange(withCrcA(block)));
    for (let retry = 0; retry < RETRIES; retry++) {
      if (answer === null) {
        answer = content(this.#exchange(withCrcA(Uint8Array.of(0xb2 | this.#blockNumber))));
      } else if (isReceiveReady(answer) && this.#hasOtherNumber(answer)) {
        answer = content(this.#exchange(withCrcA(block)));
      } else {
        break;
      }
    }
    if (answer === null || this.#hasOtherNumber(answer)) return null;
    this.#blockNumber ^= 1;
    return answer;
  }

  #hasOtherNumber(block: Uint8Array): boolean {
    return ((block[0] ?? 0) & BLOCK_NUMBER) !== this.#blockNumber;
  }
}

function content(answer: CardAnswer): Uint8Array | null {
  return answer.kind === 'frame' ? checkedCrcA(answer.bytes) : null;
}

function isInformation([pcb = 0]: Uint8Array): boolean {
  return (pcb & 0xee) === 0x02;
}

function isReceiveReady([pcb = 0]: Uint8Array): boolean {
  return (pcb & 0xfe) === 0xa2;
}
