import { type CardMemory, type Torn, tornContent } from './card-memory.ts';
import { checkedCrcA, withCrcA } from './crc-a.ts';

/** What a card sends back: nothing, a 4-bit ACK or NAK, or a frame with its CRC_A. */
export type CardAnswer = { readonly workMs?: number } & (
  | { readonly kind: 'silent' }
  | { readonly kind: 'nibble'; readonly value: number }
  | { readonly kind: 'frame'; readonly bytes: Uint8Array }
);

export const SILENT: CardAnswer = { kind: 'silent' };

/** An answer of `bytes`, to which the CRC_A is added. */
export function frameAnswer(bytes: Uint8Array): CardAnswer {
  return { kind: 'frame', bytes: withCrcA(bytes) };
}

/** Parity or CRC error, for cards that answer such a frame (HARDWARE 4). */
const NAK_CRC = 0x1;

/**
 * A type A card in the reader's field, at the level of frames in the air (ISO/IEC 14443-3): IDLE, ACTIVE
 * or HALT. Its kinds say what they answer to a command.
 */
export abstract class VirtualCard {
  /** ATQA, high byte first as the PN532 delivers it. */
  abstract readonly sensRes: readonly [number, number];
  /** SAK. Bit 5: the card speaks ISO-DEP. */
  abstract readonly selRes: number;

  protected readonly memory: CardMemory;
  #uid: Uint8Array = new Uint8Array(0);
  #state: 'idle' | 'active' | 'halt' = 'idle';
  #tearNext: Torn | null = null;
  #powerLost = false;
  #writes = 0;

  constructor(memory: CardMemory) {
    this.memory = memory;
  }

  /** As it was when the card was powered. */
  get uid(): Uint8Array {
    return this.#uid;
  }

  /** How often this card has programmed its memory. */
  get writes(): number {
    return this.#writes;
  }

  /** The field comes on, or the card is laid into it: whatever is not in its memory is forgotten. */
  powerUp(): void {
    this.#state = 'idle';
    this.#powerLost = false;
    this.#uid = this.readUid();
    this.onPowerUp();
  }

  /**
   * WUPA, anticollision and selection. False when the card did not answer: one that is ACTIVE takes the
   * call for an error and falls back to IDLE, so that the next one finds it (HARDWARE 3).
   */
  activate(): boolean {
    if (this.#powerLost) this.powerUp();
    if (this.#state === 'active') {
      this.#state = 'idle';
      return false;
    }
    this.#state = 'active';
    this.onActivate();
    return true;
  }

  /** One frame from the reader, CRC_A included. */
  receive(frame: Uint8Array): CardAnswer {
    if (this.#state !== 'active') return SILENT;
    const command = checkedCrcA(frame);
    if (command === null) return this.nak(NAK_CRC);
    if (command[0] === 0x50 && command[1] === 0x00) {
      this.halt();
      return SILENT;
    }
    const answer = this.answer(command);
    return this.#powerLost ? SILENT : answer;
  }

  /** HLTA or S(DESELECT): silent until it is woken. */
  halt(): void {
    this.#state = 'halt';
  }

  /**
   * At its next write this card loses its power and leaves `how` behind; it is silent until it is activated
   * again. Null: its next write goes well.
   */
  tearNextWrite(how: Torn | null): void {
    this.#tearNext = how;
  }

  /** What the card answers to a command without its CRC_A, in state ACTIVE. */
  protected abstract answer(command: Uint8Array): CardAnswer;
  protected abstract readUid(): Uint8Array;
  protected abstract onPowerUp(): void;
  protected abstract onActivate(): void;

  /** A refusal after which the card has left ACTIVE (HARDWARE 4). */
  protected nak(value: number): CardAnswer {
    this.#state = 'idle';
    return { kind: 'nibble', value };
  }

  /** Programs EEPROM. `tearProtected` places hold the old or the new content, never something between. */
  protected program(offset: number, bytes: Uint8Array, tearProtected = false): void {
    const how = this.#tearNext;
    this.#writes++;
    if (how === null) {
      this.memory.write(offset, bytes);
      return;
    }
    this.#tearNext = null;
    this.#powerLost = true;
    this.#state = 'idle';
    const old = this.memory.read(offset, bytes.length);
    this.memory.write(offset, tornContent(tearProtected && how !== 'new' ? 'old' : how, old, bytes));
  }
}
