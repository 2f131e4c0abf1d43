import { expect, it } from 'vitest';
import { type CardReader, openCardReader } from '../../hardware/card-reader.ts';
import { ReaderLostError } from '../../hardware/errors.ts';
import { openSerialPort } from '../../hardware/serial-port.ts';
import { HandField } from '../../hardware/sim/field.ts';
import { openPseudoTerminal } from '../../hardware/sim/pseudo-terminal.ts';
import { VirtualPn532 } from '../../hardware/sim/virtual-pn532.ts';
import { systemClock } from '../../runtime/clock.ts';
import { image } from '../hardware/card-images.ts';
import { smartCard, tag } from '../hardware/rig.ts';
import { describeWith } from '../support/needs.ts';

/** The driver on a pseudo-terminal, over the machine's own serial ports, in real time. */
async function onPseudoTerminal(use: (reader: CardReader, field: HandField, path: string) => Promise<void>) {
  const field = new HandField();
  const pty = await openPseudoTerminal(new VirtualPn532({ clock: systemClock, field }));
  const reader = openCardReader({ open: () => openSerialPort({ path: pty.path }), clock: systemClock });
  try {
    await use(reader, field, pty.path);
  } finally {
    await reader.close();
    await pty.close();
  }
}

describeWith({ socat: 'socat' }, 'a reader on a pseudo-terminal', () => {
  it('reads and writes both kinds of card', () =>
    onPseudoTerminal(async (reader, field) => {
      for (const virtual of [tag().card, smartCard().card]) {
        const waiting = reader.waitForCard();
        field.put(virtual);
        const card = await waiting;
        await card.format();
        await card.writeSlot(0, image(1));
        const [a, b] = await card.readSlots();
        expect(a.slice(0, 215)).toEqual(image(1));
        expect(b).toEqual(new Uint8Array(216));
        field.take();
        await reader.waitForRemoval();
      }
    }));

  it('is held by one program alone', () =>
    onPseudoTerminal(async (reader, _, path) => {
      await reader.ready();
      const second = openSerialPort({ path });
      await expect(second).rejects.toThrow(ReaderLostError);
      await expect(second).rejects.toThrow('another program');
    }));

  it('that vanishes is told, and waiting for it ends when it is closed', async () => {
    const field = new HandField();
    const pty = await openPseudoTerminal(new VirtualPn532({ clock: systemClock, field }));
    const reader = openCardReader({ open: () => openSerialPort({ path: pty.path }), clock: systemClock });
    await reader.ready();
    const lost = new Promise<string>((resolve) =>
      reader.onState((state, why) => {
        if (state === 'lost') resolve(why?.code ?? '');
      }),
    );
    const waiting = reader.waitForCard();
    waiting.catch(() => {});
    await pty.close();
    expect(await lost).toBe('reader-lost');
    await reader.close();
    await expect(waiting).rejects.toThrow('closed');
  });
});
