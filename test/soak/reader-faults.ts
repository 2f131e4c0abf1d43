import { type Fault, faults } from '../../hardware/sim/faults.ts';

/** What a fault can do to the world around the chip. */
export interface Hands {
  /** Takes the card out of the field. */
  readonly take: () => void;
  /** Pulls the reader's cable. */
  readonly unplug: () => void;
}

/** Everything that goes wrong with one command of a reader, by name (HARDWARE 9.6). */
export const READER_FAULTS: Readonly<Record<string, (hands: Hands) => Fault>> = {
  'command not heard': faults.unheard,
  'ACK lost': faults.dropAck,
  'ACK twice': faults.duplicateAck,
  'ACK late': () => faults.lateAck(150),
  'ACK damaged': () => faults.flipAck(4, 0x80),
  'junk before the ACK': () => faults.junkBeforeAck(0x00, 0xff, 0x20, 0xe0, 0xd5, 0x41),
  'reply lost': faults.dropReply,
  'reply twice': faults.duplicateReply,
  'reply late by 0.6 s': () => faults.lateReply(600),
  'chip slow by 3 s': () => faults.slow(3_000),
  'length of the reply damaged': () => faults.flipReply(3, 0x10),
  'content of the reply damaged': () => faults.flipReply(7, 0x01),
  'LCS wrong': faults.badLcs,
  'DCS wrong': faults.badDcs,
  'junk before the reply': () => faults.junkBeforeReply(0xff, 0x00, 0x00, 0xff),
  'long preamble': () => faults.longPreamble(300),
  'byte by byte': () => faults.split(1, 1),
  'reply cut after 5 bytes': () => faults.cutReply(5),
  'reply cut after 12 bytes': () => faults.cutReply(12),
  'error frame': faults.errorFrame,
  'status 01, timeout': () => faults.status(0x01),
  'status 02, CRC': () => faults.status(0x02),
  'status 09, overflow': () => faults.status(0x09),
  'status 0D, overheated': () => faults.status(0x0d),
  'status 13, format': () => faults.status(0x13),
  'status 27, not listed': () => faults.status(0x27),
  'chip hangs': faults.hang,
  'card taken before': ({ take }) => faults.removeBefore(take),
  'card taken during': ({ take }) => faults.removeDuringRead(take),
  'card taken after': ({ take }) => faults.removeAfter(take),
  'reader unplugged': ({ unplug }) => ({ before: unplug }),
};

export const READER_FAULT_NAMES: readonly string[] = Object.keys(READER_FAULTS);
