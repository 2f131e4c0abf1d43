import type { Torn } from './card-memory.ts';
import type { Interference } from './rf.ts';
import { SILENT } from './virtual-card.ts';

/** Bytes that the chip sends, `delayMs` after what went before. */
export interface Emission {
  readonly bytes: Uint8Array;
  readonly delayMs?: number;
}

/** Something that goes wrong with one command (HARDWARE 9.6). What a fault does not name is as it should be. */
export interface Fault {
  /** The chip never heard the command: no ACK, nothing is done. */
  readonly unheard?: boolean;
  /** Accepted, and then nothing, not even for new commands, until the host sends an ACK. */
  readonly hang?: boolean;
  /** The chip, or a card that asks for more time with S(WTX), works this much longer. */
  readonly slowMs?: number;
  /** What goes out in place of the ACK. */
  readonly ack?: (frame: Uint8Array) => readonly Emission[];
  /** Before the command is carried out. */
  readonly before?: () => void;
  /** Between reader and card. */
  readonly interference?: Interference;
  /** The response's data (its code first) in place of what the command came to; null: the error frame. */
  readonly respond?: (command: Uint8Array) => Uint8Array | null;
  /** What goes out in place of the response. */
  readonly reply?: (frame: Uint8Array) => readonly Emission[];
  /** After the command was carried out, before its response goes out. */
  readonly after?: () => void;
}

/** Whether a command (its code first) is one that a fault waits for. */
export type Which = (command: Uint8Array) => boolean;

export const anyCommand: Which = () => true;

/** Commands of one code. */
export const commandOf =
  (code: number): Which =>
  ([first]) =>
    first === code;

/** Commands that write to a card: a page of a tag, or UPDATE BINARY. */
export const cardWrite: Which = ([code, second, third, fourth]) =>
  (code === 0x40 && (third === 0xa2 || third === 0xa0 || (third === 0x00 && fourth === 0xd6))) ||
  (code === 0x42 && second === 0xa2);

/** Which commands meet which fault. */
export class FaultPlan {
  readonly #waiting: { fault: Fault; which: Which; skip: number; times: number }[] = [];

  /**
   * From now on, the `nth` command that `which` matches (default: the next) meets `fault`, and so do the
   * `times` - 1 after it. A command meets one fault at most: the one that was injected first.
   */
  inject(fault: Fault, { which = anyCommand, nth = 1, times = 1 } = {}): void {
    this.#waiting.push({ fault, which, skip: nth - 1, times });
  }

  clear(): void {
    this.#waiting.length = 0;
  }

  /** The fault that `command` meets. */
  meet(command: Uint8Array): Fault {
    const matching = this.#waiting.filter(({ which }) => which(command));
    const due = matching.find(({ skip }) => skip === 0);
    for (const entry of matching) if (entry.skip > 0) entry.skip--;
    if (due === undefined) return {};
    due.times--;
    if (due.times <= 0) this.#waiting.splice(this.#waiting.indexOf(due), 1);
    return due.fault;
  }
}

/** The faults of HARDWARE 9.6. `take` takes the card out of the field. */
export const faults = {
  unheard: (): Fault => ({ unheard: true }),
  dropAck: (): Fault => ({ ack: () => [] }),
  dropReply: (): Fault => ({ reply: () => [] }),
  duplicateAck: (): Fault => ({ ack: (bytes) => [{ bytes }, { bytes }] }),
  duplicateReply: (): Fault => ({ reply: (bytes) => [{ bytes }, { bytes }] }),
  slow: (slowMs: number): Fault => ({ slowMs }),
  /** The reply is held up on its way: it comes even when its command was given up in the meantime. */
  lateReply: (delayMs: number): Fault => ({ reply: (bytes) => [{ bytes, delayMs }] }),
  lateAck: (delayMs: number): Fault => ({ ack: (bytes) => [{ bytes, delayMs }] }),
  /** Flips bits of the reply's byte `index`; from its end where that is negative. */
  flipReply: (index: number, mask: number): Fault => ({
    reply: (bytes) => [{ bytes: flip(bytes, index, mask) }],
  }),
  flipAck: (index: number, mask: number): Fault => ({
    ack: (bytes) => [{ bytes: flip(bytes, index, mask) }],
  }),
  /** The checksum of the length is wrong: byte 4 of a normal frame. */
  badLcs: (): Fault => ({ reply: (bytes) => [{ bytes: flip(bytes, 4, 0x01) }] }),
  badDcs: (): Fault => ({ reply: (bytes) => [{ bytes: flip(bytes, -2, 0x01) }] }),
  junkBeforeAck: (...junk: number[]): Fault => ({
    ack: (bytes) => [{ bytes: Uint8Array.of(...junk, ...bytes) }],
  }),
  junkBeforeReply: (...junk: number[]): Fault => ({
    reply: (bytes) => [{ bytes: Uint8Array.of(...junk, ...bytes) }],
  }),
  /** More zeros before ACK and reply than the one of a preamble. */
  longPreamble: (zeros: number): Fault => {
    const lengthened = (bytes: Uint8Array) => [
      { bytes: Uint8Array.of(...new Array(zeros).fill(0), ...bytes) },
    ];
    return { ack: lengthened, reply: lengthened };
  },
  /** ACK and reply come in pieces of `size` bytes, `delayMs` apart. */
  split: (size: number, delayMs: number): Fault => ({
    ack: (bytes) => pieces(bytes, size, delayMs),
    reply: (bytes) => pieces(bytes, size, delayMs),
  }),
  /** Only the first `length` bytes of the reply come. */
  cutReply: (length: number): Fault => ({ reply: (bytes) => [{ bytes: bytes.slice(0, length) }] }),
  errorFrame: (): Fault => ({ respond: () => null }),
  /** The command is not carried out; its response holds `status` and nothing else. */
  status: (status: number): Fault => ({ respond: ([code = 0]) => Uint8Array.of(code + 1, status) }),
  hang: (): Fault => ({ hang: true }),
  /** The card is taken away before it hears the command. */
  removeBefore: (take: () => void): Fault => ({ before: take }),
  /** The card is taken away while it answers a command that writes nothing. */
  removeDuringRead: (take: () => void): Fault => ({ interference: () => SILENT, after: take }),
  /** The card is taken away while it writes, which leaves behind what `how` says. */
  removeDuringWrite: (take: () => void, how: Torn): Fault => ({ interference: tearing(how, take) }),
  /** The card answers, and is away before the next command. */
  removeAfter: (take: () => void): Fault => ({ after: take }),
  /** The card loses its power for a moment while it writes, which leaves behind what `how` says. */
  tear: (how: Torn): Fault => ({ interference: tearing(how, () => {}) }),
  /** The card writes, and its acknowledgement is lost. */
  acknowledgementLost: (): Fault => {
    let lost = false;
    return {
      interference: (card, run) => {
        if (lost) return SILENT;
        const before = card.writes;
        const answer = run();
        lost = card.writes > before;
        return lost ? SILENT : answer;
      },
    };
  },
};

function tearing(how: Torn, torn: () => void): Interference {
  return (card, run) => {
    const before = card.writes;
    card.tearNextWrite(how);
    const answer = run();
    card.tearNextWrite(null);
    if (card.writes > before) torn();
    return answer;
  };
}

function flip(bytes: Uint8Array, index: number, mask: number): Uint8Array {
  const at = index < 0 ? bytes.length + index : index;
  return bytes.map((byte, position) => (position === at ? byte ^ mask : byte));
}

function pieces(bytes: Uint8Array, size: number, delayMs: number): readonly Emission[] {
  const emissions: Emission[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    emissions.push({ bytes: bytes.slice(at, at + size), delayMs: at === 0 ? 0 : delayMs });
  }
  return emissions;
}
