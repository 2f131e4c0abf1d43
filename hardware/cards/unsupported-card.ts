import { CardUnsupportedError } from '../errors.ts';
import type { PresentedCard } from './card.ts';

/** A card that is neither a Type 2 tag nor speaks ISO-DEP: it can only be named. */
export class UnsupportedCard implements PresentedCard {
  readonly kind = 'unsupported card';
  readonly uid: Uint8Array;
  readonly #name: string;

  constructor(uid: Uint8Array, sak: number) {
    this.uid = uid;
    this.#name = MIFARE_CLASSIC.includes(sak) ? 'MIFARE Classic card' : 'card of a kind unknown here';
  }

  async describe(): Promise<string> {
    return this.#name;
  }

  async largestSlotBytes(): Promise<never> {
    throw this.#refusal();
  }

  async readSlots(): Promise<never> {
    throw this.#refusal();
  }

  async writeSlot(): Promise<never> {
    throw this.#refusal();
  }

  async format(): Promise<never> {
    throw this.#refusal();
  }

  #refusal(): CardUnsupportedError {
    return new CardUnsupportedError(
      `this is a ${this.#name}: use an NTAG215, an NTAG216 or a Cardea smart card`,
    );
  }
}

/** SAK of the 1K, 4K, Mini and 2K models. */
const MIFARE_CLASSIC: readonly number[] = [0x08, 0x18, 0x09, 0x19, 0x88];
