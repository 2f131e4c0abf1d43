import type { CardMemory } from './card-memory.ts';

/** The name under which the file is selected (PROTOCOL 2.2): F0 and "CARDEA". */
const AID = [0xf0, 0x43, 0x41, 0x52, 0x44, 0x45, 0x41];
/** Most bytes that one READ or UPDATE BINARY moves (PROTOCOL 2.2). */
const MAX_BINARY = 240;

/** Status words (HARDWARE 5). */
const SW = {
  ok: 0x9000,
  wrongLength: 0x6700,
  chainingUnsupported: 0x6884,
  noFileSelected: 0x6986,
  functionUnsupported: 0x6a81,
  notFound: 0x6a82,
  noMemory: 0x6a84,
  wrongP1P2: 0x6a86,
  outsideFile: 0x6b00,
  wrongLe: 0x6c00,
  instructionUnsupported: 0x6d00,
  classUnsupported: 0x6e00,
} as const;

/** A short command APDU taken apart: data where there is an Lc, `le` where there is an Le (1 to 256). */
interface Command {
  readonly p1: number;
  readonly p2: number;
  readonly data: Uint8Array;
  readonly le: number | null;
}

/** The application on a smart card: SELECT by name, READ BINARY, UPDATE BINARY over one file. */
export class CardFileApplet {
  readonly #file: CardMemory;
  #selected = false;

  constructor(file: CardMemory) {
    this.#file = file;
  }

  /** Power went away: nothing is selected. */
  reset(): void {
    this.#selected = false;
  }

  /** A command APDU in, a response APDU with its status word out. */
  execute(apdu: Uint8Array): Uint8Array {
    const [cla, ins] = apdu;
    const command = parse(apdu);
    if (cla === 0x10) return status(SW.chainingUnsupported);
    if (cla !== 0x00) return status(SW.classUnsupported);
    if (command === null) return status(SW.wrongLength);
    switch (ins) {
      case 0xa4:
        return this.#select(command);
      case 0xb0:
        return this.#readBinary(command);
      case 0xd6:
        return this.#updateBinary(command);
      default:
        return status(SW.instructionUnsupported);
    }
  }

  #select({ p1, p2, data }: Command): Uint8Array {
    if (p1 !== 0x04) return status(SW.functionUnsupported);
    if (p2 !== 0x00) return status(SW.wrongP1P2);
    this.#selected = data.length === AID.length && AID.every((byte, index) => byte === data[index]);
    if (!this.#selected) return status(SW.notFound);
    const { size } = this.#file;
    return Uint8Array.of(0x6f, 0x04, 0x80, 0x02, size >> 8, size & 0xff, ...status(SW.ok));
  }

  #readBinary({ p1, p2, data, le }: Command): Uint8Array {
    if (!this.#selected) return status(SW.noFileSelected);
    if (p1 >= 0x80) return status(SW.functionUnsupported);
    if (le === null || data.length > 0) return status(SW.wrongLength);
    const offset = p1 * 256 + p2;
    const left = this.#file.size - offset;
    if (left <= 0) return status(SW.outsideFile);
    if (le > MAX_BINARY || le > left) return status(SW.wrongLe | Math.min(MAX_BINARY, left));
    return Uint8Array.of(...this.#file.read(offset, le), ...status(SW.ok));
  }

  #updateBinary({ p1, p2, data }: Command): Uint8Array {
    if (!this.#selected) return status(SW.noFileSelected);
    if (p1 >= 0x80) return status(SW.functionUnsupported);
    if (data.length === 0 || data.length > MAX_BINARY) return status(SW.wrongLength);
    const offset = p1 * 256 + p2;
    if (offset >= this.#file.size) return status(SW.outsideFile);
    if (offset + data.length > this.#file.size) return status(SW.noMemory);
    this.#file.write(offset, data);
    return status(SW.ok);
  }
}

/** Cases 1 to 4 of a short APDU; null where the lengths do not fit. */
function parse(apdu: Uint8Array): Command | null {
  const [, , p1, p2, third] = apdu;
  if (p1 === undefined || p2 === undefined) return null;
  const none = new Uint8Array(0);
  if (third === undefined) return { p1, p2, data: none, le: null };
  if (apdu.length === 5) return { p1, p2, data: none, le: third === 0 ? 256 : third };
  const data = apdu.slice(5, 5 + third);
  if (third === 0 || data.length < third) return null;
  if (apdu.length === 5 + third) return { p1, p2, data, le: null };
  if (apdu.length === 6 + third) return { p1, p2, data, le: apdu.at(-1) || 256 };
  return null;
}

function status(word: number): Uint8Array {
  return Uint8Array.of(word >> 8, word & 0xff);
}
