import { ramMemory } from '../../../hardware/sim/card-memory.ts';
import { VirtualNtag } from '../../../hardware/sim/virtual-ntag.ts';
import { toHex } from '../../../protocol/bytes.ts';
import type { CardeaCard } from '../../../protocol/card-image.ts';
import { currentImage } from '../../../protocol/card-slots.ts';
import { SUITE } from '../../../protocol/constants.ts';
import { noble } from '../../../protocol/crypto/noble.ts';

/** Where slot A begins on a tag: pages 0 to 3, the TLV's and the record's heads before it (PROTOCOL 2.2). */
const SLOTS_AT = 44;
const SLOT = 216;

/** What is known of a card when a history begins. */
export interface CardRecord {
  readonly dump: Uint8Array;
  readonly uid: string;
  readonly patientId: string;
  readonly patientName: string;
  readonly pin: string;
  readonly code: string;
}

/** A card, and what its holder knows. */
export class LabCard {
  readonly number: number;
  readonly tag: VirtualNtag;
  readonly #dump: Uint8Array;
  /** Undefined while it was never written. */
  uid: string | undefined;
  patientId: string | undefined;
  patientName = '';
  /** Of the image that is on the card now. */
  pin = '';
  code = '';
  /** `maybe`: nobody heard whether. */
  registered: 'no' | 'maybe' | 'yes' = 'no';
  revoked: 'no' | 'maybe' | 'yes' = 'no';
  /** It lies on a reader, or is about to. */
  isInUse = false;

  constructor(number: number, dump: Uint8Array) {
    this.number = number;
    this.#dump = dump;
    this.tag = new VirtualNtag(ramMemory(dump));
  }

  static of(number: number, record: CardRecord): LabCard {
    const { dump, ...known } = record;
    return Object.assign(new LabCard(number, dump.slice()), known, { registered: 'yes' as const });
  }

  /** For the next history. */
  record(): CardRecord {
    const { uid = '', patientId = '', patientName, pin, code } = this;
    return { dump: this.#dump.slice(), uid, patientId, patientName, pin, code };
  }

  /** The image that counts. @throws DamagedCardError, EmptyCardError where none does */
  image(): CardeaCard {
    const slot = (index: number) => this.#dump.slice(SLOTS_AT + index * SLOT, SLOTS_AT + (index + 1) * SLOT);
    const { image } = currentImage(noble, [slot(0), slot(1)]);
    if (image.suite !== SUITE.cardea1) throw new Error('no cardea-1 image');
    return image;
  }

  /** What tells one image from another: each has a box of its own. */
  mark(): string {
    return toHex(this.image().pinBox);
  }
}
