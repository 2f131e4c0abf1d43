import { HardwareError } from '../errors.ts';
import type { CardMemory } from './card-memory.ts';
import { ntagLocks } from './ntag-locks.ts';
import { NTAG_MODELS, type NtagKind, type NtagModel, ntagKindOfSize } from './ntag-models.ts';
import { type CardAnswer, frameAnswer, VirtualCard } from './virtual-card.ts';

/** A dump that is none of an NTAG213, 215 or 216. */
export class NotAnNtagError extends HardwareError {
  readonly code = 'not-an-ntag';
}

const PAGE = 4;
const ACK: CardAnswer = { kind: 'nibble', value: 0xa };
const NAK_INVALID = 0x0;
const NAK_AUTHENTICATIONS_USED_UP = 0x4;
/** Programming one page takes this long, typically (HARDWARE 6). */
const PROGRAM_MS = 4.1;

const LOCK_PAGE = 2;
const CC_PAGE = 3;
const CFGLCK = 0x40;
const READ_PROTECTED = 0x80;
const COUNTER_ENABLED = 0x10;
const COUNTER_PROTECTED = 0x08;
const SIGNATURE_LENGTH = 32;

/**
 * An NTAG213, 215 or 216 whose memory is the dump behind it (HARDWARE 4); the size decides which. The read
 * counter and the count of failed authentications are no part of a dump: they live as long as this object.
 * Not there: the ASCII mirror; the signature is zeros, since NXP alone could make one.
 */
export class VirtualNtag extends VirtualCard {
  readonly kind: NtagKind;
  readonly sensRes = [0x00, 0x44] as const;
  readonly selRes = 0x00;
  readonly #model: NtagModel;
  #authenticated = false;
  #failures = 0;
  #reads = 0;
  #readSincePowerUp = false;
  /** The page of a COMPATIBILITY_WRITE whose 16 bytes are still to come. */
  #compatibilityPage: number | null = null;
  /** CFG0 and CFG1 as they were at activation: changes act from the next one on. */
  #config = { auth0: 0xff, access: 0x00 };

  /** @throws NotAnNtagError */
  constructor(memory: CardMemory) {
    super(memory);
    const kind = ntagKindOfSize(memory.size);
    if (kind === null) {
      throw new NotAnNtagError(
        `A dump of ${memory.size} bytes is no NTAG213, NTAG215 or NTAG216; those have 180, 540 and 924.`,
      );
    }
    this.kind = kind;
    this.#model = NTAG_MODELS[kind];
  }

  protected override readUid(): Uint8Array {
    return Uint8Array.of(...this.memory.read(0, 3), ...this.memory.read(PAGE, PAGE));
  }

  protected override onPowerUp(): void {
    this.#authenticated = false;
    this.#readSincePowerUp = false;
    this.#compatibilityPage = null;
  }

  protected override onActivate(): void {
    this.#authenticated = false;
    this.#compatibilityPage = null;
    const [, , , auth0 = 0xff, access = 0x00] = this.memory.read(this.#pageOf('CFG0') * PAGE, 2 * PAGE);
    this.#config = { auth0, access };
  }

  protected override nak(value: number): CardAnswer {
    this.#authenticated = false;
    this.#compatibilityPage = null;
    return super.nak(value);
  }

  protected override answer(command: Uint8Array): CardAnswer {
    if (this.#compatibilityPage !== null) return this.#compatibilityData(command);
    const [code, first = 0, second = 0] = command;
    switch (code) {
      case 0x30:
        return command.length === 2 ? this.#read(first) : this.nak(NAK_INVALID);
      case 0x3a:
        return command.length === 3 ? this.#fastRead(first, second) : this.nak(NAK_INVALID);
      case 0xa2:
        return command.length === 6 ? this.#write(first, command.slice(2)) : this.nak(NAK_INVALID);
      case 0xa0:
        return command.length === 2 ? this.#compatibilityWrite(first) : this.nak(NAK_INVALID);
      case 0x60:
        return command.length === 1 ? this.#version() : this.nak(NAK_INVALID);
      case 0x1b:
        return command.length === 5 ? this.#authenticate(command.slice(1)) : this.nak(NAK_INVALID);
      case 0x39:
        return command.length === 2 && first === 0x02 ? this.#readCounter() : this.nak(NAK_INVALID);
      case 0x3c:
        return command.length === 2 && first === 0x00
          ? frameAnswer(new Uint8Array(SIGNATURE_LENGTH))
          : this.nak(NAK_INVALID);
      default:
        return this.nak(NAK_INVALID);
    }
  }

  #pageOf(name: 'CFG0' | 'CFG1' | 'PWD' | 'PACK'): number {
    return this.#model.dynamicLockPage + { CFG0: 1, CFG1: 2, PWD: 3, PACK: 4 }[name];
  }

  /** READ: four pages. It rolls over to page 0 at the end of what may be read. */
  #read(page: number): CardAnswer {
    const end = this.#readableEnd();
    if (page >= end) return this.nak(NAK_INVALID);
    this.#countRead();
    const pages = [0, 1, 2, 3].map((offset) => this.#pageAsRead((page + offset) % end));
    return frameAnswer(concat(pages));
  }

  /** FAST_READ: `first` to `last`, without rolling over. */
  #fastRead(first: number, last: number): CardAnswer {
    if (first > last || last >= this.#readableEnd()) return this.nak(NAK_INVALID);
    this.#countRead();
    const pages: Uint8Array[] = [];
    for (let page = first; page <= last; page++) pages.push(this.#pageAsRead(page));
    return frameAnswer(concat(pages));
  }

  /** The first page that may not be read now. */
  #readableEnd(): number {
    const guarded = (this.#config.access & READ_PROTECTED) !== 0 && !this.#authenticated;
    return guarded ? Math.min(this.#config.auth0, this.#model.pages) : this.#model.pages;
  }

  /** PWD and PACK are never given out. */
  #pageAsRead(page: number): Uint8Array {
    return page >= this.#pageOf('PWD') ? new Uint8Array(PAGE) : this.memory.read(page * PAGE, PAGE);
  }

  #write(page: number, data: Uint8Array): CardAnswer {
    if (!this.#mayWrite(page)) return this.nak(NAK_INVALID);
    const old = this.memory.read(page * PAGE, PAGE);
    const dynamic = this.#model.dynamicLockPage;
    const tearProtected = page === LOCK_PAGE || page === CC_PAGE || page === dynamic;
    this.program(page * PAGE, this.#locks().merge(page, old, data), tearProtected);
    return { ...ACK, workMs: PROGRAM_MS };
  }

  #mayWrite(page: number): boolean {
    if (page < LOCK_PAGE || page >= this.#model.pages) return false;
    if (page >= this.#config.auth0 && !this.#authenticated) return false;
    const isConfig = page === this.#pageOf('CFG0') || page === this.#pageOf('CFG1');
    if (isConfig && (this.#config.access & CFGLCK) !== 0) return false;
    return !this.#locks().isLocked(page);
  }

  #locks() {
    const dynamic = this.#model.dynamicLockPage;
    return ntagLocks(
      this.#model,
      this.memory.read(LOCK_PAGE * PAGE, PAGE),
      this.memory.read(dynamic * PAGE, PAGE),
    );
  }

  #compatibilityWrite(page: number): CardAnswer {
    if (!this.#mayWrite(page)) return this.nak(NAK_INVALID);
    this.#compatibilityPage = page;
    return ACK;
  }

  #compatibilityData(data: Uint8Array): CardAnswer {
    const page = this.#compatibilityPage;
    this.#compatibilityPage = null;
    if (page === null || data.length !== 16) return this.nak(NAK_INVALID);
    return this.#write(page, data.slice(0, PAGE));
  }

  #version(): CardAnswer {
    return frameAnswer(Uint8Array.of(0x00, 0x04, 0x04, 0x02, 0x01, 0x00, this.#model.sizeCode, 0x03));
  }

  #authenticate(password: Uint8Array): CardAnswer {
    const limit = this.#config.access & 0x07;
    if (limit !== 0 && this.#failures >= limit) return this.nak(NAK_AUTHENTICATIONS_USED_UP);
    const right = this.memory.read(this.#pageOf('PWD') * PAGE, PAGE);
    if (!right.every((byte, index) => byte === password[index])) {
      this.#failures++;
      return this.nak(NAK_INVALID);
    }
    this.#failures = 0;
    this.#authenticated = true;
    return frameAnswer(this.memory.read(this.#pageOf('PACK') * PAGE, 2));
  }

  #readCounter(): CardAnswer {
    const { access } = this.#config;
    const hidden = (access & COUNTER_PROTECTED) !== 0 && !this.#authenticated;
    if ((access & COUNTER_ENABLED) === 0 || hidden) return this.nak(NAK_INVALID);
    return frameAnswer(Uint8Array.of(this.#reads & 0xff, (this.#reads >> 8) & 0xff, this.#reads >> 16));
  }

  /** The counter goes up at the first READ or FAST_READ after power-up. */
  #countRead(): void {
    if (this.#readSincePowerUp) return;
    this.#readSincePowerUp = true;
    if ((this.#config.access & COUNTER_ENABLED) !== 0) this.#reads = Math.min(this.#reads + 1, 0xffffff);
  }
}

function concat(pages: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(pages.flatMap((page) => [...page]));
}
