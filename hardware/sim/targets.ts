import { checkedCrcA, withCrcA } from './crc-a.ts';
import { IsoDepLink } from './iso-dep-link.ts';
import { type Outcome, response, SYNTAX_ERROR } from './outcome.ts';
import type { Rf } from './rf.ts';
import { MORE_INFORMATION, STATUS } from './status.ts';
import type { CardAnswer, VirtualCard } from './virtual-card.ts';

/** A card that was listed. */
interface Target {
  readonly card: VirtualCard;
  /** Null for a Type 2 tag, or where the host does the protocol itself. */
  readonly link: IsoDepLink | null;
  /** What the host gets of it: SENS_RES, SEL_RES, NFCID with its length, ATS. */
  readonly description: Uint8Array;
  selected: boolean;
  /** Pieces of a command that is sent with MI. */
  command: number[];
  /** What is left of a response that did not fit into one frame. */
  rest: Uint8Array;
}

/** Most card data in one response (HARDWARE 1). */
const MAX_DATA = 262;
const TYPE_A = 0x00;
const ENDLESS = 0xff;
const SPEAKS_ISO_DEP = 0x20;
/** Tg: bits 3 to 0; MI: bit 6. */
const TARGET_NUMBER = 0x0f;

/** How the chip was told to look for cards. */
export interface PollingSettings {
  /** SetParameters bit 4: send RATS to whoever speaks ISO-DEP. */
  autoRats: boolean;
  /** RFConfiguration item 05, MxRtyPassiveActivation. */
  passiveRetries: number;
}

/** The chip's table of targets: commands 40, 44, 4A, 52, 54 and 60. One card lies in the field at most. */
export class Targets {
  readonly #rf: Rf;
  readonly #settings: PollingSettings;
  #target: Target | null = null;

  constructor(rf: Rf, settings: PollingSettings) {
    this.#rf = rf;
    this.#settings = settings;
  }

  get count(): number {
    return this.#target === null ? 0 : 1;
  }

  /** The field went off: every target is forgotten. */
  drop(): void {
    this.#target = null;
  }

  /**
   * InListPassiveTarget. With finite retries a card that was still ACTIVE is missed, whatever their number:
   * so it is reported from the field (HARDWARE 3).
   */
  list([max, type, ...uid]: Uint8Array): Outcome {
    if (max === undefined || type === undefined || max < 1 || max > 2) return SYNTAX_ERROR;
    const attempt = (): Outcome => {
      const target = type === TYPE_A ? this.#activate((card) => isWanted(card, uid)) : null;
      if (target !== null) return response(0x4b, 1, 1, ...target.description);
      const { passiveRetries } = this.#settings;
      if (passiveRetries === ENDLESS) return { kind: 'running', ms: this.#rf.timeoutMs, attempt };
      for (let retry = 0; retry < passiveRetries; retry++) this.#rf.waitOut();
      return response(0x4b, 0);
    };
    return attempt();
  }

  /** InAutoPoll: each type for `period` × 150 ms, all of them `rounds` times over. */
  autoPoll([rounds, period, ...types]: Uint8Array): Outcome {
    if (!rounds || !period || period > 0x0f || types.length === 0 || types.length > 15) return SYNTAX_ERROR;
    const attempt = (turn: number): Outcome => {
      if (rounds !== ENDLESS && turn >= rounds * types.length) return response(0x61, 0);
      const type = types[turn % types.length] ?? 0;
      const target = this.#activate((card) => isOfPollType(card, type));
      if (target !== null) {
        const { description } = target;
        return response(0x61, 1, type, description.length + 1, 1, ...description);
      }
      return { kind: 'running', ms: period * 150, attempt: () => attempt(turn + 1) };
    };
    return attempt(0);
  }

  /** InDataExchange. */
  exchange([tg, ...data]: Uint8Array): Outcome {
    if (tg === undefined) return SYNTAX_ERROR;
    const target = this.#find(tg);
    if (target === null || !target.selected) return response(0x41, STATUS.notInThisContext);
    if ((tg & MORE_INFORMATION) !== 0) {
      target.command.push(...data);
      return response(0x41, STATUS.ok);
    }
    if (data.length === 0 && target.rest.length > 0) return this.#hand(target, target.rest);
    const command = Uint8Array.from([...target.command, ...data]);
    target.command = [];
    if (target.link === null) return this.#exchangeType2(target, command);
    const answer = target.link.transceive(command);
    return typeof answer === 'number' ? response(0x41, answer) : this.#hand(target, answer);
  }

  /** InDeselect: the target stays known. `tg` 0 means all. */
  deselect(tg: number): Outcome {
    const target = this.#find(tg);
    if (target === null) return response(0x45, tg === 0 ? STATUS.ok : STATUS.notInThisContext);
    this.#rf.halt(target.card);
    target.selected = false;
    return response(0x45, STATUS.ok);
  }

  /** InRelease: as InDeselect, and the target is forgotten. */
  release(tg: number): Outcome {
    const target = this.#find(tg);
    if (target === null) return response(0x53, tg === 0 ? STATUS.ok : STATUS.notInThisContext);
    this.#rf.halt(target.card);
    this.#target = null;
    return response(0x53, STATUS.ok);
  }

  /** InSelect. */
  select(tg: number): Outcome {
    const target = tg === 0 ? null : this.#find(tg);
    if (target === null) return response(0x55, STATUS.notInThisContext);
    if (target.selected) return response(0x55, STATUS.ok);
    const again = this.#activate((card) => card === target.card);
    if (again === null) this.#target = target;
    return response(0x55, again === null ? STATUS.timeout : STATUS.ok);
  }

  /** Diagnose 06: is the ISO-DEP card that was listed still there? */
  presence(): number {
    const link = this.#target?.link ?? null;
    if (link === null) return STATUS.notInThisContext;
    return link.isPresent() ? STATUS.ok : STATUS.timeout;
  }

  #activate(wanted: (card: VirtualCard) => boolean): Target | null {
    this.#target = null;
    const card = this.#rf.activate(wanted);
    if (card === null) return null;
    const speaksIsoDep = (card.selRes & SPEAKS_ISO_DEP) !== 0 && this.#settings.autoRats;
    const link = speaksIsoDep ? IsoDepLink.open((frame) => this.#rf.exchange(card, frame)) : null;
    if (speaksIsoDep && link === null) return null;
    const { sensRes, selRes, uid } = card;
    const ats = link?.ats ?? [];
    const description = Uint8Array.of(...sensRes, selRes, uid.length, ...uid, ...ats);
    this.#target = { card, link, description, selected: true, command: [], rest: new Uint8Array(0) };
    return this.#target;
  }

  #find(tg: number): Target | null {
    const number = tg & TARGET_NUMBER;
    return number <= 1 ? this.#target : null;
  }

  #hand(target: Target, answer: Uint8Array): Outcome {
    target.rest = answer.slice(MAX_DATA);
    const status = target.rest.length > 0 ? MORE_INFORMATION : STATUS.ok;
    return response(0x41, status, ...answer.slice(0, MAX_DATA));
  }

  /** The firmware knows MIFARE's codes alone; any other is an error frame (HARDWARE 3). */
  #exchangeType2({ card }: Target, command: Uint8Array): Outcome {
    const send = (bytes: Uint8Array) => this.#rf.exchange(card, withCrcA(bytes));
    switch (command[0]) {
      case 0x30:
        return readResponse(send(command));
      case 0xa0: {
        const first = send(command.slice(0, 2));
        return isAck(first) ? writeResponse(send(command.slice(2))) : writeResponse(first);
      }
      case 0xa2:
      case 0xb0:
      case 0xc0:
      case 0xc1:
      case 0xc2:
        return writeResponse(send(command));
      case 0x60:
      case 0x61:
        send(command.slice(0, 2));
        return response(0x41, STATUS.authenticationError);
      default:
        return SYNTAX_ERROR;
    }
  }
}

function readResponse(answer: CardAnswer): Outcome {
  if (answer.kind === 'silent') return response(0x41, STATUS.timeout);
  if (answer.kind === 'nibble') return response(0x41, STATUS.badFormat);
  const data = checkedCrcA(answer.bytes);
  return data === null ? response(0x41, STATUS.crcError) : response(0x41, STATUS.ok, ...data);
}

function writeResponse(answer: CardAnswer): Outcome {
  if (answer.kind === 'silent') return response(0x41, STATUS.timeout);
  return response(0x41, isAck(answer) ? STATUS.ok : STATUS.badFormat);
}

function isAck(answer: CardAnswer): boolean {
  return answer.kind === 'nibble' && answer.value === 0xa;
}

/** InitiatorData is the UID, one of 7 bytes with the cascade tag 88 before it; none means any card. */
function isWanted(card: VirtualCard, uid: readonly number[]): boolean {
  if (uid.length === 0) return true;
  const cascaded = card.uid.length === 7 ? [0x88, ...card.uid] : [...card.uid];
  return uid.length === cascaded.length && cascaded.every((byte, index) => byte === uid[index]);
}

/** 00: any card of type A; 10: MIFARE and Type 2; 20: ISO-DEP. The others are never there. */
function isOfPollType(card: VirtualCard, type: number): boolean {
  switch (type) {
    case 0x00:
    case 0x10:
      return true;
    case 0x20:
      return (card.selRes & SPEAKS_ISO_DEP) !== 0;
    default:
      return false;
  }
}
