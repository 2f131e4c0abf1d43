import {
  BlankCardError,
  CardLockedError,
  CardTooSmallError,
  CardUnreadableError,
  CardUnsupportedError,
  ForeignCardError,
} from '../errors.ts';
import { ExchangeError } from '../pn532/field.ts';
import type { FormatOptions, PresentedCard, Slot } from './card.ts';
import { type CardLink, reading, sameBytes } from './link.ts';
import {
  areaBytes,
  type Content,
  EMPTY_MESSAGE,
  emptySlots,
  largestSlotBytes,
  readContent,
  SLOTS_OFFSET,
} from './ndef.ts';
import { chipOfVersion, firstLockedPage, type NtagChip } from './ntag-chips.ts';
import { DEFAULT_SLOT_BYTES, readSlotsInUse } from './slots.ts';
import { PAGE_BYTES, type TagPages } from './tag-pages.ts';

const GET_VERSION = Uint8Array.of(0x60);
const CC_PAGE = 3;
/** Where the data area begins. */
const FIRST_PAGE = 4;
const FIRST_SLOT_PAGE = FIRST_PAGE + SLOTS_OFFSET / PAGE_BYTES;
/** Enough of the data area to tell what it holds: 15 pages, one FAST_READ. */
const HEAD_BYTES = 60;
/** Bytes of an NTAG216's user memory: no tag of the family has more. */
const LARGEST_AREA = 888;
/** How often a slot is written again whose bytes read back wrong. */
const WRITE_ROUNDS = 3;

/** A tag's data area, as its capability container (page 3) has it. */
interface DataArea {
  readonly chip: NtagChip;
  /** Bytes, from page 4. */
  readonly length: number;
  readonly content: Content;
  /** False while the capability container is empty. */
  readonly formatted: boolean;
}

/** An NTAG215 or NTAG216 as a Cardea card (PROTOCOL 2.2, HARDWARE 4). Others are told what they are. */
export class TypeTwoTag implements PresentedCard {
  readonly kind = 'Type 2 tag';
  readonly #link: CardLink;
  readonly #pages: TagPages;
  #chip: NtagChip | undefined;

  constructor(link: CardLink, pages: TagPages) {
    this.#link = link;
    this.#pages = pages;
  }

  get uid(): Uint8Array {
    return this.#link.uid;
  }

  async describe(): Promise<string> {
    return (await this.#identify()).name;
  }

  async largestSlotBytes(): Promise<number> {
    return largestSlotBytes((await this.#readArea()).length);
  }

  async readSlots(): Promise<readonly [Uint8Array, Uint8Array]> {
    const { slotBytes, start } = await this.#findSlots();
    return readSlotsInUse(slotBytes, start, (from, to) => this.#readSlotBytes(from, to));
  }

  async writeSlot(slot: Slot, bytes: Uint8Array): Promise<void> {
    const chip = await this.#identify();
    const { slotBytes } = await this.#findSlots();
    if (bytes.length > slotBytes) {
      throw new CardTooSmallError(
        `this ${chip.name} has slots of ${slotBytes} bytes, and ${bytes.length} are needed: use a larger card`,
      );
    }
    const content = new Uint8Array(slotBytes);
    content.set(bytes);
    const first = FIRST_SLOT_PAGE + (slot * slotBytes) / PAGE_BYTES;
    await this.#checkWritable(chip, first, first + slotBytes / PAGE_BYTES - 1);
    await this.#writePages(first, content);
  }

  async format({ slotBytes = DEFAULT_SLOT_BYTES, force = false }: FormatOptions = {}): Promise<void> {
    const area = await this.#readArea();
    checkRoom(area, slotBytes);
    const { content } = area;
    if (
      content.kind === 'slots' &&
      content.slotBytes === slotBytes &&
      (await this.#slotsAreEmpty(slotBytes))
    ) {
      return;
    }
    if (content.kind !== 'blank' && !force) throw foreign(content);
    const formatted = emptySlots(slotBytes);
    await this.#checkWritable(area.chip, FIRST_PAGE, FIRST_PAGE + formatted.length / PAGE_BYTES - 1);
    if (!area.formatted) await this.#writePages(CC_PAGE, Uint8Array.of(0xe1, 0x10, area.chip.ccSize, 0x00));
    // An empty message while the rest is written, the real length last: never a length over stale data.
    await this.#writePages(FIRST_PAGE, EMPTY_MESSAGE);
    await this.#writePages(FIRST_PAGE + 1, formatted.subarray(PAGE_BYTES));
    await this.#writePages(FIRST_PAGE, formatted.subarray(0, PAGE_BYTES));
  }

  /** @throws CardUnsupportedError for a tag that is no NTAG21x */
  async #identify(): Promise<NtagChip> {
    this.#chip ??= chipOfVersion(await this.#version());
    if (this.#chip === undefined) {
      throw new CardUnsupportedError('this tag is no NTAG215 or NTAG216: use one of these');
    }
    return this.#chip;
  }

  /** Other Type 2 tags know no GET_VERSION; they answer READ, and so are told from cards held badly. */
  async #version(): Promise<Uint8Array> {
    try {
      return await reading(this.#link, () => this.#link.through(GET_VERSION));
    } catch (error) {
      if (!(error instanceof CardUnreadableError)) throw error;
      await this.#pages.readHead();
      return new Uint8Array(0);
    }
  }

  /**
   * Looks at where the slots' header should stand, and at the first page of slot A, in one reading; at what
   * chip it is, and what else it holds, only where there is no such header.
   *
   * @throws whatever tells best why there are no slots
   */
  async #findSlots(): Promise<{ readonly slotBytes: number; readonly start: Uint8Array }> {
    const head = await this.#pages.read(FIRST_PAGE, FIRST_SLOT_PAGE);
    const found = readContent(head, LARGEST_AREA);
    if (found.kind === 'slots') return { slotBytes: found.slotBytes, start: head.slice(SLOTS_OFFSET) };
    const { content, chip, length: actual } = await this.#readArea();
    if (areaBytes(DEFAULT_SLOT_BYTES) > actual) throw tooSmall(chip, actual, DEFAULT_SLOT_BYTES);
    if (content.kind !== 'blank') throw foreign(content);
    throw new BlankCardError('the card is empty: register it at the console first');
  }

  /** Bytes of the slots, from `from` up to `to`, both at borders of pages. */
  #readSlotBytes(from: number, to: number): Promise<Uint8Array> {
    return this.#pages.read(FIRST_SLOT_PAGE + from / PAGE_BYTES, FIRST_SLOT_PAGE + to / PAGE_BYTES - 1);
  }

  async #readArea(): Promise<DataArea> {
    const chip = await this.#identify();
    const cc = (await this.#pages.readHead()).subarray(CC_PAGE * PAGE_BYTES);
    const formatted = cc.some((byte) => byte !== 0);
    const claimed = formatted ? claimedLength(cc) : chip.ccSize * 8;
    if (claimed === undefined) {
      throw new CardUnsupportedError(
        `this ${chip.name} was set up for something else for ever: use another card`,
      );
    }
    const length = Math.min(claimed, chip.userBytes);
    const head = await this.#pages.read(FIRST_PAGE, FIRST_PAGE + HEAD_BYTES / PAGE_BYTES - 1);
    return { chip, length, content: readContent(head, length), formatted };
  }

  async #slotsAreEmpty(slotBytes: number): Promise<boolean> {
    return (await this.#readSlotBytes(0, 2 * slotBytes)).every((byte) => byte === 0);
  }

  /** @throws CardLockedError when any of the pages can not be written, with the reason */
  async #checkWritable(chip: NtagChip, first: number, last: number): Promise<void> {
    const head = await this.#pages.readHead();
    if ((head[CC_PAGE * PAGE_BYTES + 3] ?? 0) !== 0) {
      throw new CardLockedError('the card is read-only: use another card');
    }
    // The dynamic lock page, then CFG0, whose last byte is AUTH0: the first page under a password.
    const config = await this.#pages.read(chip.dynamicLockPage, chip.dynamicLockPage + 1);
    if ((config[7] ?? 0) <= last) {
      throw new CardLockedError('the card is protected by a password: use another card');
    }
    if (firstLockedPage(chip, head.subarray(10, 12), config.subarray(0, 2), first, last) !== undefined) {
      throw new CardLockedError('the card is locked for ever: use another card');
    }
  }

  /**
   * Makes the pages from `first` on hold `content`, page by page in order, and reads it back. Pages that hold
   * it already are not written.
   */
  async #writePages(first: number, content: Uint8Array): Promise<void> {
    const last = first + content.length / PAGE_BYTES - 1;
    for (let round = 0; ; round++) {
      const found = await this.#pages.read(first, last);
      if (sameBytes(found, content)) return;
      if (round === WRITE_ROUNDS) {
        throw new CardUnreadableError('the card does not keep what is written to it: use another card');
      }
      for (let at = 0; at < content.length; at += PAGE_BYTES) {
        const page = content.subarray(at, at + PAGE_BYTES);
        if (!sameBytes(page, found.subarray(at, at + PAGE_BYTES)))
          await this.#writePage(first + at / PAGE_BYTES, page);
      }
    }
  }

  /** A write whose answer fails may have been done: that is looked up, never assumed (HARDWARE 4). */
  async #writePage(page: number, data: Uint8Array): Promise<void> {
    try {
      await this.#pages.write(page, data);
    } catch (error) {
      if (!(error instanceof ExchangeError)) throw error;
      await this.#link.reselect();
    }
  }
}

/** Bytes of the data area by the capability container, `E1 1x size access`; undefined where that is none. */
function claimedLength([magic = 0, version = 0, size = 0]: Uint8Array): number | undefined {
  return magic === 0xe1 && version >> 4 === 1 ? size * 8 : undefined;
}

function checkRoom({ chip, length }: DataArea, slotBytes: number): void {
  if (!Number.isInteger(slotBytes) || slotBytes <= 0 || slotBytes % PAGE_BYTES !== 0) {
    throw new RangeError(`a tag's slot has whole pages of 4 bytes, not ${slotBytes} bytes`);
  }
  if (areaBytes(slotBytes) > length) throw tooSmall(chip, length, slotBytes);
}

function tooSmall(chip: NtagChip, length: number, slotBytes: number): CardTooSmallError {
  return new CardTooSmallError(
    `this ${chip.name} is too small (${length} bytes, ${areaBytes(slotBytes)} needed): use an NTAG215 or NTAG216`,
  );
}

function foreign(content: Exclude<Content, { kind: 'blank' }>): ForeignCardError {
  const what = content.kind === 'foreign' ? content.what : 'Cardea slots that are in use';
  return new ForeignCardError(`the card holds ${what}: use another card, or --force to overwrite it`);
}
