import {
  type CardReader,
  type CardReaderOptions,
  openCardReader,
  type PresentedCard,
} from '../../hardware/card-reader.ts';
import { ramMemory } from '../../hardware/sim/card-memory.ts';
import type { HandField } from '../../hardware/sim/field.ts';
import { blankNtag, type NtagKind } from '../../hardware/sim/ntag-models.ts';
import { blankSmartCard, VirtualIsoDep } from '../../hardware/sim/virtual-iso-dep.ts';
import { VirtualNtag } from '../../hardware/sim/virtual-ntag.ts';
import { type VirtualReader, virtualReader } from '../../hardware/sim/virtual-reader.ts';
import { SimulatedClock } from '../../runtime/simulated-clock.ts';

export const UID = Uint8Array.of(0x04, 0xa1, 0xb2, 0xc3, 0xd4, 0xe5, 0xf6);
export const OTHER_UID = Uint8Array.of(0x04, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66);

/** A virtual tag as it leaves the factory; `dump` is its memory. */
export function tag(kind: NtagKind = 'NTAG215', uid = UID): { card: VirtualNtag; dump: Uint8Array } {
  const dump = blankNtag(kind, uid);
  return { card: new VirtualNtag(ramMemory(dump)), dump };
}

/** A virtual smart card whose file has `size` bytes; `file` is its content. */
export function smartCard(size = 432, uid = UID): { card: VirtualIsoDep; file: Uint8Array } {
  const dump = blankSmartCard(uid, size);
  return { card: new VirtualIsoDep(ramMemory(dump)), file: dump.subarray(7) };
}

type RigOptions = Partial<Omit<CardReaderOptions, 'open' | 'clock'>> &
  Pick<Parameters<typeof virtualReader>[0], 'paced' | 'largestThru' | 'maxReadSize'> & {
    readonly chipSpeed?: number;
    /** Not there when the driver first looks for it. */
    readonly unplugged?: boolean;
  };

/** The driver over `serialport` over a mock port over a virtual PN532, in simulated time. */
export class Rig {
  readonly clock = new SimulatedClock();
  readonly virtual: VirtualReader & { readonly field: HandField };
  readonly reader: CardReader;
  readonly states: string[] = [];

  constructor(options: RigOptions = {}) {
    const { paced, largestThru, maxReadSize, chipSpeed, unplugged = false, ...driver } = options;
    this.virtual = virtualReader({
      clock: this.clock,
      ...(paced === undefined ? {} : { paced }),
      ...(largestThru === undefined ? {} : { largestThru }),
      ...(maxReadSize === undefined ? {} : { maxReadSize }),
      ...(chipSpeed === undefined ? {} : { speed: chipSpeed }),
    });
    if (unplugged) this.virtual.port.unplug();
    this.reader = openCardReader({ ...driver, open: this.virtual.open, clock: this.clock });
    this.reader.onState((state, why) =>
      this.states.push(why === undefined ? state : `${state}: ${why.code}`),
    );
  }

  get field(): HandField {
    return this.virtual.field;
  }

  get faults() {
    return this.virtual.chip.faults;
  }

  /** Lets time pass until `work` settles. */
  run<T>(work: Promise<T>, withinMs = 120_000): Promise<T> {
    return this.clock.advanceUntil(work, withinMs);
  }

  /** What `work` is rejected with. */
  async failure(work: Promise<unknown>): Promise<Error> {
    const outcome = await this.run(
      work.then(
        (value) => ({ value }),
        (error: unknown) => ({ error }),
      ),
    );
    if ('error' in outcome && outcome.error instanceof Error) return outcome.error;
    throw new Error('it succeeded');
  }

  /** Lays `card` on the reader and waits until it is seen. */
  tap(card: VirtualNtag | VirtualIsoDep): Promise<PresentedCard> {
    this.field.put(card);
    return this.run(this.reader.waitForCard());
  }

  async close(): Promise<void> {
    await this.run(this.reader.close());
  }
}
