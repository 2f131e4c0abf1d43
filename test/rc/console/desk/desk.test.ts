import { renameSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cardWrite, faults } from '../../../../hardware/sim/faults.ts';
import { SOAK } from '../../../hardware/soak.ts';
import { DeskRig } from './desk-rig.ts';

const CODE = /[0-9A-HJKMNP-TV-Z]{5}(?:-[0-9A-HJKMNP-TV-Z]{5}){3}/g;
const MENU = 'Lay a card on the reader, or choose';

describe('the console', () => {
  it('registers a card, shows its code on a page of its own, and says where it is usable', async () => {
    const rig = await DeskRig.open({ hubs: ['goa-01'] });
    const wallet = await rig.site.buyCard('asha', 'NTAG215');
    await rig.registersUpToCard('Asha Naik');
    await rig.site.desk.lay(wallet);
    await rig.sees('Recovery code for the health card of Asha Naik');
    await rig.answers('print it', 'p');
    await rig.answers('sent to the printer', '\r');
    await rig.sees('The card is usable at the one hub.');
    await rig.sees(MENU);

    const [page = '', ...more] = rig.terminal.raw.split('\u001b[?1049h').slice(1);
    const [code = ''] = page.match(CODE) ?? [];
    expect(rig.printed).toEqual([expect.stringContaining(code)]);
    // Outside of its page, which is cleared, the code was nowhere.
    for (const part of [page, ...more]) expect(part).toContain('\u001b[2J\u001b[H\u001b[?1049l');
    const outside = rig.terminal.raw
      .split('\u001b[?1049h')
      .map((part, index) => (index === 0 ? part : part.split('\u001b[?1049l')[1]))
      .join('');
    expect(outside.match(CODE)).toBeNull();
    expect(rig.text).not.toContain('482913');

    const [card] = (await rig.site.operator.cards()).cards;
    expect(card).toMatchObject({ name: 'Asha Naik', status: 'active' });
    await rig.site.desk.take(wallet);
    await rig.sees('reader: ready · rc.example:8440');
    await rig.site.desk.lay(wallet);
    await rig.sees(card?.uid ?? 'a card');
    await rig.answers('give a new card', 'x');
    await rig.answers('Why is the card of Asha Naik revoked?', 'l');
    await rig.answers('This is for ever.', 'y');
    await rig.sees('Revoked.');
    await rig.answers('lost since', '\u001b');
    await rig.answers(MENU, 'q');
    await rig.left();
    expect(await rig.site.operator.card(card?.uid ?? '')).toMatchObject({ reason: 'lost' });
  });

  it('offers after Esc what was typed, and forgets what was not to be seen', async () => {
    const rig = await DeskRig.open();
    rig.types('r');
    await rig.answers("The patient's name", 'Asha N');
    await rig.sees('Asha N');
    rig.types('\u001b');
    await rig.answers(MENU, 'r');
    await rig.answers('Asha N', 'aik\r');
    await rig.answers('Record number', '\u001b');
    await rig.sees('Asha Naik');
    rig.types('\r');
    await rig.answers('Record number', '\r');
    await rig.answers('Date of birth', '\r');
    await rig.answers('PIN, typed by the patient', '123456\r');
    await rig.answers('This PIN is too easy to guess', '482913\r');
    await rig.answers('The same PIN again', '482914\r');
    await rig.answers('The two were not the same', '\u0003');
    await rig.left();
    expect(rig.text).not.toContain('482913');
    expect((await rig.site.operator.cards()).cards).toEqual([]);
  });

  it('shows at once that the reader was unplugged, and that it is back, whatever is being typed', async () => {
    const rig = await DeskRig.open();
    rig.types('r');
    await rig.answers("The patient's name", 'Asha');
    rig.site.desk.virtual.port.unplug();
    await rig.sees('reader: not connected');
    rig.site.desk.virtual.port.plugIn();
    await rig.sees('reader: ready');
    rig.types(' Naik\r');
    await rig.sees('Record number');
    expect(rig.text).toContain('Asha Naik');
  });
});

describe('at the console, what fails has its sentence, and nothing is half there', () => {
  it.each(['request', 'reply'] as const)(
    'when the last step’s %s is lost again and again, the same step is asked for until it is answered',
    async (lost) => {
      const rig = await DeskRig.open();
      const wallet = await rig.site.buyCard('asha', 'NTAG215');
      rig.losses.set('completeRegistration', [lost, lost, lost]);
      await rig.registersUpToCard('Asha Naik');
      await rig.site.desk.lay(wallet);
      await rig.answers('The registration centre fell silent at the last step', 'a');
      await rig.answers('the patient has it', '\r');
      await rig.sees(MENU);
      expect((await rig.site.operator.cards()).cards).toMatchObject([{ name: 'Asha Naik' }]);
    },
  );

  it('when the centre is away at the first step, the PIN need not be typed again', async () => {
    const rig = await DeskRig.open({ recovery: false });
    const wallet = await rig.site.buyCard('asha', 'NTAG215');
    rig.losses.set('beginRegistration', ['reply']);
    await rig.registersUpToCard('Asha Naik');
    await rig.site.desk.lay(wallet);
    await rig.sees('No card was registered');
    await rig.sees('The registration centre cannot be reached: check the network.');
    expect((await rig.site.operator.cards()).cards).toEqual([]);
    rig.types('a');
    await rig.sees('The card of Asha Naik is registered.');
  });

  it('when the card is taken away while it is written, it is laid on again and registered once', async () => {
    const rig = await DeskRig.open({ recovery: false });
    const wallet = await rig.site.buyCard('asha', 'NTAG215');
    const place = rig.site.folderOf('on-the-desk-reader');
    const taken = faults.removeDuringWrite(() => renameSync(place, wallet), 'mix');
    rig.site.desk.virtual.chip.faults.inject(taken, { which: cardWrite, nth: 9 });
    await rig.registersUpToCard('Asha Naik');
    await rig.site.desk.lay(wallet);
    await rig.sees('No card was registered');
    expect((await rig.site.operator.cards()).cards).toEqual([]);
    await rig.sees('Nothing was registered: the card was taken away too early: lay it on again.');
    await rig.answers('reader: ready · rc.example', 'a');
    await rig.sees('Lay the new card on the reader');
    await rig.site.desk.lay(wallet);
    await rig.sees('The card of Asha Naik is registered.');
    expect((await rig.site.operator.cards()).cards).toHaveLength(1);
  });

  it('when the card is another patient’s, it is as it was, and is overwritten only when that is chosen', async () => {
    const rig = await DeskRig.open({ recovery: false });
    const wallet = await rig.site.buyCard('asha', 'NTAG215');
    const first = await rig.site.register(wallet, 'Ravi Naik', '739105');
    await rig.sees('lies on it');
    await rig.sees('reader: ready · rc.example');
    await rig.registersUpToCard('Asha Naik');
    await rig.site.desk.lay(wallet);
    await rig.sees('is registered already, or is of another network: use an empty one. It is as it was.');
    expect((await rig.site.operator.cards()).cards).toHaveLength(1);
    rig.types('o');
    await rig.sees('The card of Asha Naik is registered.');
    expect(await rig.site.operator.card(first.card.uid)).toMatchObject({ status: 'active' });
  });

  it('when a question gets no answer, that is said, and the question is offered again', async () => {
    const rig = await DeskRig.open();
    rig.losses.set('patients', ['request']);
    rig.types('f');
    await rig.answers('Name or record number', 'asha\r');
    await rig.sees('The registration centre cannot be reached: check the network.');
    await rig.answers('asha', '\r');
    await rig.sees('Nobody has "asha" in name or record number');
  });
});

/** Brings the console to where the new card of Asha Naik is waited for, with a recovery code in none of them. */
const BEGINNINGS = {
  registration: (rig: DeskRig) => rig.registersUpToCard('Asha Naik'),
  async replacement(rig: DeskRig) {
    const old = await rig.site.buyCard('old', 'NTAG215');
    await rig.site.register(old, 'Asha Naik', '739105');
    await rig.sees('lies on it');
    await rig.sees('reader: ready · rc.example');
    rig.types('f');
    await rig.answers('Name or record number', 'asha\r');
    await rig.answers('give a new card', 'n');
    await rig.answers('Their card ends for ever with this.', 'y');
    await rig.answers('Date of birth', '\r');
    await rig.answers('PIN, typed by the patient', '482913\r');
    await rig.answers('The same PIN again', '482913\r');
    await rig.sees('Lay the new card on the reader');
  },
} as const;

describe.each(['registration', 'replacement'] as const)('a %s at the console', (kind) => {
  const good = kind === 'registration' ? 0 : 1;

  it.each(['the card is taken away', 'the reader is unplugged'])(
    'is begun again where it was when %s, before anything is written and in the middle of it, and is done once',
    { timeout: 120_000 },
    async (mishap) => {
      const rig = await DeskRig.open({ recovery: false });
      await BEGINNINGS[kind](rig);
      let wallet = '';
      const { port, chip } = rig.site.desk.virtual;
      const place = rig.site.folderOf('on-the-desk-reader');
      const isUnplugged = mishap === 'the reader is unplugged';
      const spoil = () => {
        if (isUnplugged) port.unplug();
        renameSync(place, wallet);
      };
      const writes = (nth: number) => () =>
        chip.faults.inject(faults.removeDuringWrite(spoil, 'mix'), { which: cardWrite, nth });
      // The short form has one in the middle of the writing; the long one the first, and one near the end, too.
      const steps = [
        () => void rig.before.set('beginRegistration', spoil),
        ...(SOAK ? [1, 9, 25] : [9]).map(writes),
      ];
      for (const [index, arrange] of steps.entries()) {
        // One of its own each: how much is written to a card depends on what a step before has left on it.
        wallet = await rig.site.buyCard(`new-${index}`, 'NTAG215');
        arrange();
        await rig.site.desk.lay(wallet);
        await rig.sees('No card was registered');
        await rig.sees(isUnplugged ? 'reader: not connected' : 'lay it on again');
        const { cards } = await rig.site.operator.cards({ status: 'active' });
        expect(cards, `step ${index}`).toHaveLength(good);
        if (isUnplugged) port.plugIn();
        await rig.answers('reader: ready · rc.example', 'a');
        await rig.sees('Lay the new card on the reader');
      }
      // Once it is written nothing of the desk is needed any more.
      rig.before.set('completeRegistration', spoil);
      await rig.site.desk.lay(wallet);
      await rig.sees(
        kind === 'registration' ? 'The card of Asha Naik is registered.' : 'the old one has ended',
      );
      const { cards } = await rig.site.operator.cards();
      expect(cards.map(({ status, reason }) => reason ?? status)).toEqual(
        kind === 'registration' ? ['active'] : ['replaced', 'active'],
      );
    },
  );
});
