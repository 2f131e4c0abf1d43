import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OpenPort } from '../../hardware/byte-port.ts';
import { type CardReader, openCardReader } from '../../hardware/card-reader.ts';
import { openSerialPort } from '../../hardware/serial-port.ts';
import { HandField } from '../../hardware/sim/field.ts';
import { openPseudoTerminal, type PseudoTerminal } from '../../hardware/sim/pseudo-terminal.ts';
import { VirtualPn532 } from '../../hardware/sim/virtual-pn532.ts';
import { virtualReader } from '../../hardware/sim/virtual-reader.ts';
import { systemClock } from '../../runtime/clock.ts';
import { OTHER_UID, smartCard, tag } from '../hardware/rig.ts';

/** Cards that a contract test lays on the reader. */
export type Card = 'tag' | 'another card' | 'smart card';

/** A reader under test, and the hands that lay cards on it. Real time. */
export interface ContractBench {
  /** How to open the reader's port, again and again. */
  readonly open: OpenPort;
  /** Lays a card there, in place of one that lies there; one that lies there already stays. */
  lay(card: Card): Promise<void>;
  take(): Promise<void>;
  unplug(): Promise<void>;
  plugIn(): Promise<void>;
  close(): Promise<void>;
}

export function openReaderOn(bench: ContractBench): CardReader {
  return openCardReader({ open: bench.open, clock: systemClock });
}

function virtualCards() {
  return {
    tag: tag('NTAG215').card,
    'another card': tag('NTAG216', OTHER_UID).card,
    'smart card': smartCard(432).card,
  };
}

function hands(field: HandField): Pick<ContractBench, 'lay' | 'take'> {
  const cards = virtualCards();
  return {
    async lay(card) {
      if (field.card() !== cards[card]) field.put(cards[card]);
    },
    async take() {
      field.take();
    },
  };
}

/** The virtual reader behind `MockBinding`. */
export async function mockBench(): Promise<ContractBench> {
  const { field, port, open } = virtualReader({ clock: systemClock });
  return {
    open,
    ...hands(field),
    async unplug() {
      port.unplug();
    },
    async plugIn() {
      port.plugIn();
    },
    async close() {},
  };
}

/** The virtual reader on a pseudo-terminal, which the machine's own serial ports open; by a name that stays. */
export async function pseudoTerminalBench(): Promise<ContractBench> {
  const folder = mkdtempSync(join(tmpdir(), 'cardea-contract-'));
  const name = join(folder, 'reader');
  const field = new HandField();
  let pty: PseudoTerminal | undefined;
  const plugIn = async () => {
    pty = await openPseudoTerminal(new VirtualPn532({ clock: systemClock, field }));
    symlinkSync(pty.path, name);
  };
  const unplug = async () => {
    rmSync(name, { force: true });
    await pty?.close();
  };
  await plugIn();
  return {
    open: () => openSerialPort({ path: name }),
    ...hands(field),
    unplug,
    plugIn,
    async close() {
      await unplug();
      rmSync(folder, { recursive: true });
    },
  };
}

const WHAT_TO_LAY: Readonly<Record<Card, string>> = {
  tag: 'an NTAG215 or NTAG216 that may be written to: fresh, or with empty Cardea slots',
  'another card': 'any other card',
  'smart card': 'a smart card with the Cardea application, whose file may be written to',
};

/** A real PN532, and somebody at the terminal who is asked to lay cards on it. */
export async function realBench(path: string): Promise<ContractBench> {
  let lying: Card | undefined;
  say('Nothing may lie on the reader yet.');
  return {
    open: () => openSerialPort({ path }),
    async lay(card) {
      if (lying !== card)
        say(`${lying === undefined ? '' : 'Take the card away. '}Lay on ${WHAT_TO_LAY[card]}.`);
      lying = card;
    },
    async take() {
      if (lying !== undefined) say('Take the card away.');
      lying = undefined;
    },
    async unplug() {
      say('Unplug the reader.');
    },
    async plugIn() {
      say('Plug the reader in again.');
    },
    async close() {
      say('Thank you. That was all.');
    },
  };
}

/** Past what gathers the output of tests, to whoever sits there. */
function say(line: string): void {
  try {
    writeFileSync('/dev/tty', `\n>>> ${line}\n`);
  } catch {
    process.stderr.write(`\n>>> ${line}\n`);
  }
}
