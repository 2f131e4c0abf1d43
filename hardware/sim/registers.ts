/** Registers of the contactless unit that the virtual chip honours. */
export const REGISTER = {
  txMode: 0x6302,
  rxMode: 0x6303,
} as const;

/** Values with which Debian's libnfc is content (HARDWARE 9.4). Every other register starts as 00. */
const DEFAULTS: readonly (readonly [number, number])[] = [
  [REGISTER.txMode, 0x80],
  [REGISTER.rxMode, 0x80],
  [0x6305, 0x40],
  [0x633c, 0x10],
];

/** In TxMode and RxMode: the chip adds and checks the CRC itself. */
const CRC_ENABLED = 0x80;
/** In TxMode and RxMode: the speed (0 is 106 kbit/s) and the framing (0 is type A). */
const SPEED_AND_FRAMING = 0x73;

/** The chip's register file. */
export class Registers {
  readonly #values = new Map<number, number>(DEFAULTS);

  read(address: number): number {
    return this.#values.get(address) ?? 0;
  }

  write(address: number, value: number): void {
    this.#values.set(address, value);
  }

  /** What listing a card of type A leaves behind: 106 kbit/s with CRC. */
  setTypeA(): void {
    this.write(REGISTER.txMode, CRC_ENABLED);
    this.write(REGISTER.rxMode, CRC_ENABLED);
  }

  get addsCrc(): boolean {
    return (this.read(REGISTER.txMode) & CRC_ENABLED) !== 0;
  }

  get checksCrc(): boolean {
    return (this.read(REGISTER.rxMode) & CRC_ENABLED) !== 0;
  }

  /** Whether what goes out is understood by cards of type A at all. */
  get speaksTypeA(): boolean {
    return (this.read(REGISTER.txMode) & SPEED_AND_FRAMING) === 0;
  }
}
