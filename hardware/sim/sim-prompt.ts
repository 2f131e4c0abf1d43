import { existsSync, writeFileSync } from 'node:fs';
import { cardInFile, FileField } from './card-file.ts';
import { CardGoneError } from './card-memory.ts';
import type { Field } from './field.ts';
import { blankNtag, NTAG_MODELS, type NtagKind } from './ntag-models.ts';
import type { VirtualCard } from './virtual-card.ts';
import { blankSmartCard, NotASmartCardError } from './virtual-iso-dep.ts';

export const SIM_HELP = `put FILE           lay the card in FILE on the reader
take               take the card away
blank FILE [KIND]  make a factory-fresh card: NTAG213, NTAG215 (if nothing is said), NTAG216 or ISO-DEP
quit               stop the reader`;

/** Room for two slots of `cardea-1` on a smart card (PROTOCOL 2.2). */
const SMART_CARD_FILE = 2 * 216;
const UID_LENGTH = 7;
/** NXP's manufacturer code, with which every NTAG's UID begins. */
const NXP = 0x04;

/** The field of `npm run sim`, and what can be said at its prompt. */
export class SimPrompt implements Field {
  readonly #random: (length: number) => Uint8Array;
  #lying: Field | null = null;

  constructor(random: (length: number) => Uint8Array) {
    this.#random = random;
  }

  card(): VirtualCard | null {
    return this.#lying?.card() ?? null;
  }

  /** Carries out a line; what there is to say about it. Null: it was `quit`. */
  say(line: string): string | null {
    const [verb = '', file, kind] = line.trim().split(/\s+/);
    switch (verb) {
      case '':
        return '';
      case 'put':
        return file === undefined ? SIM_HELP : this.#put(file);
      case 'take':
        this.#lying = null;
        return 'Nothing lies on the reader.';
      case 'blank':
        return file === undefined ? SIM_HELP : this.#blank(file, kind ?? 'NTAG215');
      case 'quit':
        return null;
      default:
        return SIM_HELP;
    }
  }

  #put(file: string): string {
    try {
      const card = cardInFile(file);
      this.#lying = new FileField(file);
      return `The ${card.kind} in ${file} lies on the reader.`;
    } catch (error) {
      if (error instanceof CardGoneError) return `There is no file ${file}: \`blank ${file}\` makes one.`;
      if (error instanceof NotASmartCardError) return error.message;
      throw error;
    }
  }

  #blank(file: string, kind: string): string {
    if (existsSync(file)) return `${file} is there already, and stays as it is.`;
    const uid = Uint8Array.of(NXP, ...this.#random(UID_LENGTH - 1));
    if (kind === 'ISO-DEP') writeFileSync(file, blankSmartCard(uid, SMART_CARD_FILE));
    else if (isNtag(kind)) writeFileSync(file, blankNtag(kind, uid));
    else return SIM_HELP;
    return `A factory-fresh ${kind} is in ${file}.`;
  }
}

function isNtag(kind: string): kind is NtagKind {
  return Object.hasOwn(NTAG_MODELS, kind);
}
