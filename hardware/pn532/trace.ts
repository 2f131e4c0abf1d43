import { COMMAND } from './commands.ts';
import type { Deframed } from './deframer.ts';

export type Direction = 'to-chip' | 'from-chip';

/** Sees frames as they pass. */
export type TraceFrame = (direction: Direction, frame: Deframed) => void;

/**
 * A frame in one line, fit to be shown to anyone. What goes to a card and comes from it is shown by its first
 * bytes (the card's command, or the status) and its length alone: a card's content is a secret, and its UID
 * names a person.
 */
export function describeFrame(direction: Direction, frame: Deframed): string {
  const arrow = direction === 'to-chip' ? '>' : '<';
  return `${arrow} ${describe(frame)}`;
}

function describe(frame: Deframed): string {
  switch (frame.kind) {
    case 'ack':
      return 'ACK';
    case 'nack':
      return 'NACK';
    case 'error':
      return 'error frame';
    case 'damaged':
      return 'damaged frame';
    case 'information': {
      const shown = visibleLength(frame.data);
      const hidden = frame.data.length - shown;
      const text = hex([frame.tfi, ...frame.data.slice(0, shown)]);
      return hidden > 0 ? `${text} … ${hidden} bytes` : text;
    }
  }
}

/** How much of an information frame's data is no card's content. */
function visibleLength(data: Uint8Array): number {
  switch (data[0]) {
    case COMMAND.inDataExchange:
      // Code, target, and of what the card gets: a tag's command and page, or an APDU's header.
      return Math.min(data.length, data[2] === 0x00 ? 6 : 4);
    case COMMAND.inCommunicateThru:
      // Code, the tag's command, first and last page; but never the password after PWD_AUTH.
      return Math.min(data.length, data[1] === 0x1b ? 2 : 4);
    case COMMAND.inDataExchange + 1:
    case COMMAND.inCommunicateThru + 1:
      return Math.min(data.length, 2);
    case COMMAND.inListPassiveTarget + 1:
      // How many, and what kind; the UID names a person.
      return Math.min(data.length, 6);
    default:
      return data.length;
  }
}

function hex(bytes: readonly number[]): string {
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
