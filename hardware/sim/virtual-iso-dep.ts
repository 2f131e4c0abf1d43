import { HardwareError } from '../errors.ts';
import { CardFileApplet } from './card-file-applet.ts';
import type { CardMemory } from './card-memory.ts';
import { type CardAnswer, frameAnswer, SILENT, VirtualCard } from './virtual-card.ts';

/** A dump too small or too large for a virtual smart card. */
export class NotASmartCardError extends HardwareError {
  readonly code = 'not-a-smart-card';
}

const UID_LENGTH = 7;
/** READ and UPDATE BINARY address 15 bits. */
const LARGEST_FILE = 0x7fff;
/** FSC and FSD 64, frame waiting time 77 ms, CID supported (HARDWARE 5). */
const ATS = [0x06, 0x75, 0x77, 0x81, 0x02, 0x80];
/** What a block of 64 bytes carries besides its PCB and CRC. */
const BLOCK_CONTENT = 61;

const RATS = 0xe0;
const DESELECT = 0xc2;
const CHAINING = 0x10;
const NAK = 0x10;
const BLOCK_NUMBER = 0x01;
/** A response of more than 256 + 2 bytes cannot be, nor a command of more than 5 + 255 + 1. */
const LONGEST_COMMAND = 261;

/** The dump of a smart card whose file, of `fileBytes` bytes, is all zeros. */
export function blankSmartCard(uid: Uint8Array, fileBytes: number): Uint8Array {
  if (uid.length !== UID_LENGTH) throw new RangeError('A virtual smart card has a UID of 7 bytes.');
  return Uint8Array.of(...uid, ...new Uint8Array(fileBytes));
}

/**
 * A smart card with one file (PROTOCOL 2.2), at the level of ISO/IEC 14443-4 blocks. Its dump: 7 bytes UID,
 * then the file.
 */
export class VirtualIsoDep extends VirtualCard {
  readonly kind = 'ISO-DEP';
  readonly sensRes = [0x03, 0x44] as const;
  readonly selRes = 0x20;
  readonly #applet: CardFileApplet;
  #inProtocol = false;
  #blockNumber = 1;
  #command: number[] = [];
  /** Pieces of the response that are still to be sent. */
  #pieces: Uint8Array[] = [];
  #lastBlock: Uint8Array | null = null;

  /** @throws NotASmartCardError */
  constructor(memory: CardMemory) {
    super(memory);
    const fileSize = memory.size - UID_LENGTH;
    if (fileSize < 2 || fileSize > LARGEST_FILE) {
      throw new NotASmartCardError(
        `A virtual smart card's dump has 7 bytes UID and a file of 2 to ${LARGEST_FILE} bytes, not ${memory.size} bytes in all.`,
      );
    }
    this.#applet = new CardFileApplet({
      size: fileSize,
      read: (offset, length) => memory.read(UID_LENGTH + offset, length),
      write: (offset, bytes) => this.program(UID_LENGTH + offset, bytes),
    });
  }

  protected override readUid(): Uint8Array {
    return this.memory.read(0, UID_LENGTH);
  }

  protected override onPowerUp(): void {
    this.#leaveProtocol();
  }

  protected override onActivate(): void {
    this.#leaveProtocol();
  }

  #leaveProtocol(): void {
    this.#inProtocol = false;
    this.#blockNumber = 1;
    this.#command = [];
    this.#pieces = [];
    this.#lastBlock = null;
    this.#applet.reset();
  }

  protected override nak(_value: number): CardAnswer {
    return SILENT;
  }

  protected override answer(block: Uint8Array): CardAnswer {
    const [pcb = 0] = block;
    if (!this.#inProtocol) {
      if (pcb !== RATS || block.length !== 2) return SILENT;
      this.#inProtocol = true;
      return frameAnswer(Uint8Array.from(ATS));
    }
    if (pcb === DESELECT && block.length === 1) {
      this.#leaveProtocol();
      this.halt();
      return frameAnswer(Uint8Array.of(DESELECT));
    }
    if ((pcb & 0xee) === 0x02) return this.#informationBlock(pcb, block.slice(1));
    if ((pcb & 0xee) === 0xa2 && block.length === 1) return this.#receiveReadyBlock(pcb);
    return SILENT;
  }

  /** An I-block: a command, or a piece of one. */
  #informationBlock(pcb: number, content: Uint8Array): CardAnswer {
    this.#blockNumber ^= 1;
    this.#command.push(...content);
    if (this.#command.length > LONGEST_COMMAND) {
      this.#command = [];
      return this.#send(this.#respond(Uint8Array.of(0x67, 0x00)));
    }
    if ((pcb & CHAINING) !== 0) return this.#send(Uint8Array.of(0xa2 | this.#blockNumber));
    const command = Uint8Array.from(this.#command);
    this.#command = [];
    return this.#send(this.#respond(this.#applet.execute(command)));
  }

  /** R(ACK) asks for the next piece, R(NAK) whether the card is there, either for a lost block again. */
  #receiveReadyBlock(pcb: number): CardAnswer {
    if ((pcb & BLOCK_NUMBER) === this.#blockNumber && this.#lastBlock !== null) {
      return frameAnswer(this.#lastBlock);
    }
    if ((pcb & NAK) !== 0) return frameAnswer(Uint8Array.of(0xa2 | this.#blockNumber));
    if (this.#pieces.length === 0) return SILENT;
    this.#blockNumber ^= 1;
    return this.#send(this.#nextPiece());
  }

  #respond(response: Uint8Array): Uint8Array {
    this.#pieces = [];
    for (let at = 0; at < response.length; at += BLOCK_CONTENT) {
      this.#pieces.push(response.slice(at, at + BLOCK_CONTENT));
    }
    return this.#nextPiece();
  }

  #nextPiece(): Uint8Array {
    const piece = this.#pieces.shift() ?? new Uint8Array(0);
    const chaining = this.#pieces.length > 0 ? CHAINING : 0;
    return Uint8Array.of(0x02 | chaining | this.#blockNumber, ...piece);
  }

  #send(block: Uint8Array): CardAnswer {
    this.#lastBlock = block;
    return frameAnswer(block);
  }
}
