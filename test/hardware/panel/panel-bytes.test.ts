import { afterEach, describe, expect, it } from 'vitest';
import { type PanelParts, STANDARD_PARTS } from '../../../hardware/panel/panel-parts.ts';
import { PIN_MODE } from '../../../hardware/sim/virtual-board.ts';
import { NEVER, panelRig, until } from './rig.ts';

type Rig = ReturnType<typeof panelRig>;

/** Where `part` first begins in `bytes`; -1 when it does not. */
function indexOf(bytes: readonly number[], part: readonly number[]): number {
  return Buffer.from(bytes).indexOf(Buffer.from(part));
}

function readsKeypad(bytes: readonly number[]): boolean {
  return indexOf(bytes, [0xf0, 0x76, 0x5a, 0x10, 0x00, 0x00, 0x02, 0x00, 0xf7]) >= 0;
}

describe('a panel on a board with Firmata, at the level of bytes', () => {
  let rig: Rig;

  afterEach(async () => {
    await rig.panel.close();
    expect(rig.clock.pendingTimers).toBe(0);
  });

  it('waits for a board that starts, asks for its pins, resets it, and sets up the parts', async () => {
    rig = panelRig();
    await rig.reach('ready');
    expect(rig.sent.slice(0, 7)).toEqual([
      ...[0xf0, 0x6b, 0xf7], // which pins can do what
      ...[0xf0, 0x69, 0xf7], // which are analog
      0xff, // all as after a start
    ]);
    expect(rig.board.pins.slice(9, 12)).toEqual([
      { mode: PIN_MODE.pwm, value: 0 },
      { mode: PIN_MODE.pwm, value: 0 },
      { mode: PIN_MODE.pwm, value: 0 },
    ]);
    expect(rig.board.pins[3]?.mode).toBe(PIN_MODE.output);
    expect(readsKeypad(rig.sent)).toBe(true);
  });

  it('asks a board that did not start as its port was opened', async () => {
    rig = panelRig({ startsWhenOpened: false });
    await rig.reach('ready');
    expect(rig.sent.slice(0, 4)).toEqual([0xf9, 0xf0, 0x79, 0xf7]);
    expect(rig.clock.monotonic()).toBeGreaterThanOrEqual(3_000);
  });

  it('sends the light of a sign before its words, so that it is seen at once', async () => {
    rig = panelRig();
    await rig.reach('ready');
    rig.sent.length = 0;
    rig.panel.show('reading', ['Reading your card …']);
    await rig.clock.advance(0);
    const blue = indexOf(rig.sent, [0xe0 | 11, 0x7f, 0x01]);
    const words = indexOf(rig.sent, [0xf0, 0x76, 0x27, 0x00]);
    expect(blue).toBeGreaterThanOrEqual(0);
    expect(blue).toBeLessThan(10);
    expect(words).toBeGreaterThan(blue);
  });

  it('shows words and light on the board', async () => {
    rig = panelRig();
    rig.panel.show('idle', ['Please tap your card.']);
    await rig.reach('ready');
    await rig.clock.advance(10);
    expect(rig.display.lit).toBe(true);
    expect(rig.display.rows).toEqual(['Please tap your ', 'card.           ']);
    expect(rig.board.pins[11]?.value).toBe(255);
  });

  it('shows all four rows of a large display where they belong', async () => {
    const parts: PanelParts = { display: { columns: 20, rows: 4, address: 0x27 } };
    rig = panelRig({ parts, display: { columns: 20, rows: 4 } });
    await rig.reach('ready');
    rig.panel.show('refused', ['That PIN is wrong.', '3 tries are left.', 'Please tap your card again.']);
    await rig.clock.advance(10);
    expect(rig.display.rows).toEqual([
      'That PIN is wrong.  ',
      '3 tries are left.   ',
      'Please tap your card',
      'again.              ',
    ]);
  });

  it('makes its tones on the piezo’s pin', async () => {
    rig = panelRig();
    await rig.reach('ready');
    const halves: number[] = [];
    rig.board.onPin((pin, value) => {
      if (pin === 3) halves.push(value);
    });
    rig.panel.show('take-card', ['You may take your card.']);
    await until(() => halves.length >= 4);
    await rig.clock.advance(800);
    expect(rig.board.pins[3]?.value).toBe(0);
    expect(halves.slice(0, 4)).toEqual([1, 0, 1, 0]);
  });

  it('takes a PIN, a star for each digit, and clears the screen of them at once', async () => {
    rig = panelRig();
    await rig.reach('ready');
    rig.panel.show('take-card', ['You may take your card.', 'Please enter your PIN.']);
    const answer = rig.panel.ask('pin', 'PIN', NEVER);
    await rig.type('1');
    expect(rig.display.rows).toEqual(['PIN             ', '*               ']);
    await rig.type('9*204816');
    expect(rig.display.rows).toEqual(['PIN             ', '******          ']);
    await rig.type('#');
    expect(await answer).toBe('204816');
    expect(rig.display.rows.join('')).not.toContain('*');
  });

  it('sends no digit of a PIN to the board', async () => {
    rig = panelRig();
    await rig.reach('ready');
    const pages = new Set<string>();
    const answer = rig.panel.ask('pin', 'PIN', NEVER);
    for (const key of '31415926') {
      await rig.type(key);
      pages.add(rig.display.rows.join('\n'));
    }
    await rig.type('#');
    expect(await answer).toBe('31415926');
    expect(pages.size).toBe(8);
    expect([...pages].join('')).not.toMatch(/[0-9]/);
  });

  it('takes turns between the words and the question until the first key', async () => {
    rig = panelRig();
    await rig.reach('ready');
    rig.panel.show('take-card', ['You may take your card.']);
    const answer = rig.panel.ask('pin', 'PIN', NEVER);
    await rig.clock.advance(10);
    expect(rig.display.rows[0]).toBe('You may take    ');
    await rig.clock.advance(2_500);
    expect(rig.display.rows).toEqual(['PIN             ', '# enter  * clear']);
    await rig.type('1');
    await rig.clock.advance(10_000);
    expect(rig.display.rows).toEqual(['PIN             ', '*               ']);
    await rig.type('**');
    expect(await answer).toBeUndefined();
  });

  it('warns with light, words and sound before the wait ends, and then ends it', async () => {
    rig = panelRig();
    await rig.reach('ready');
    rig.panel.show('take-card', ['Please enter your PIN.']);
    const answer = rig.panel.ask('pin', 'PIN', NEVER);
    await rig.clock.advance(39_000);
    expect(rig.board.pins.slice(9, 12).map(({ value }) => value)).toEqual([255, 255, 255]);
    const tones: number[] = [];
    rig.board.onPin((pin, value) => {
      if (pin === 3) tones.push(value);
    });
    await rig.clock.advance(1_010);
    expect(rig.display.rows[0]).toBe('More time? Key *');
    expect(rig.board.pins[11]?.value).toBe(0);
    await until(() => tones.length > 0);
    await rig.clock.advance(20_000);
    expect(await answer).toBeUndefined();
  });

  it('gives more time for a key, and goes back to its sign', async () => {
    rig = panelRig();
    await rig.reach('ready');
    rig.panel.show('take-card', ['Please enter your PIN.']);
    const answer = rig.panel.ask('pin', 'PIN', NEVER);
    await rig.type('123');
    await rig.clock.advance(45_000);
    expect(rig.display.rows[0]).toBe('More time? Key *');
    await rig.type('*');
    expect(rig.display.rows).toEqual(['PIN             ', '***             ']);
    expect(rig.board.pins[11]?.value).toBe(255);
    await rig.clock.advance(35_000);
    await rig.type('456#');
    expect(await answer).toBe('123456');
  });

  it('lets one of several clinics be chosen by its number', async () => {
    rig = panelRig();
    await rig.reach('ready');
    const choice = rig.panel.choose('Clinic', ['Goa', 'Panjim', 'Margao'], NEVER);
    await rig.clock.advance(2_510);
    expect(rig.display.rows).toEqual(['1 Goa           ', '2 Panjim        ']);
    await rig.type('7');
    expect(rig.display.rows[0]).toBe('Press 1 to 3    ');
    await rig.type('2');
    expect(await choice).toBe(1);
  });

  it('ends a choice with nothing when it is cancelled, or nobody chooses', async () => {
    rig = panelRig();
    await rig.reach('ready');
    const cancelled = rig.panel.choose('Clinic', ['Goa', 'Panjim'], NEVER);
    await rig.type('**');
    expect(await cancelled).toBeUndefined();
    const forgotten = rig.panel.choose('Clinic', ['Goa', 'Panjim'], NEVER);
    await rig.clock.advance(60_100);
    expect(await forgotten).toBeUndefined();
  });

  it.each([
    { columns: 16, rows: 2 },
    { columns: 20, rows: 4 },
  ] as const)(
    'says on $columns × $rows how to stop what goes on, and stops for a star alone',
    async (size) => {
      rig = panelRig({ parts: { ...STANDARD_PARTS, display: { ...size, address: 0x27 } }, display: size });
      await rig.reach('ready');
      rig.panel.show('attention', ['Please hold the thermometer.']);
      let stopped = false;
      const stop = rig.panel.untilCancelled(NEVER).then(() => {
        stopped = true;
      });
      const read = new Set<string>();
      for (let turn = 0; turn < 2; turn++) {
        await rig.clock.advance(2_510);
        for (const row of rig.display.rows) read.add(row.trim());
      }
      expect([...read].filter((row) => row !== '').sort()).toEqual([
        '* stops this.',
        'Please hold the',
        'thermometer.',
      ]);
      await rig.type('5#0');
      await rig.clock.advance(120_000);
      expect(stopped).toBe(false);
      await rig.type('*');
      await stop;
      expect(rig.display.rows.map((row) => row.trim()).filter((row) => row !== '')).toEqual([
        'Please hold the',
        'thermometer.',
      ]);
    },
  );

  it('waits no longer for a star once what goes on is over', async () => {
    rig = panelRig();
    await rig.reach('ready');
    const over = new AbortController();
    const stop = rig.panel.untilCancelled(over.signal);
    await rig.clock.advance(50);
    over.abort(new Error('it is measured'));
    await expect(stop).rejects.toThrow('it is measured');
    const choice = rig.panel.choose('36.8: keep it?', ['Yes', 'Measure again', 'No'], NEVER);
    // Pressed for the measurement, an instant too late: nothing is chosen by it.
    await rig.type('*');
    expect(rig.display.rows[0]).toBe('* again: cancel ');
    await rig.clock.advance(5_010);
    expect(rig.display.rows).toEqual(['1 Yes           ', '2 Measure again ']);
    await rig.type('*');
    expect(await choice).toBeUndefined();
  });

  it('ends a question whose reason is gone with the signal’s reason, and hears no key after', async () => {
    rig = panelRig();
    await rig.reach('ready');
    const asking = new AbortController();
    const answer = rig.panel.ask('pin', 'PIN', asking.signal);
    await rig.type('123');
    asking.abort(new Error('the card is gone'));
    await expect(answer).rejects.toThrow('the card is gone');
    await rig.clock.advance(10);
    expect(rig.display.rows.join('')).not.toContain('*');
    const sent = rig.sent.length;
    await rig.type('4');
    expect(rig.sent.length).toBe(sent);
  });

  it('does not ask at all when the signal aborted before', async () => {
    rig = panelRig();
    await rig.reach('ready');
    await expect(rig.panel.ask('pin', 'PIN', AbortSignal.abort(new Error('too late')))).rejects.toThrow(
      'too late',
    );
  });

  it('gives an older question up for a newer one', async () => {
    rig = panelRig();
    await rig.reach('ready');
    const older = rig.panel.ask('pin', 'PIN', NEVER);
    await rig.type('12');
    const newer = rig.panel.ask('new-pin', 'New PIN', NEVER);
    expect(await older).toBeUndefined();
    await rig.type('654321#');
    expect(await newer).toBe('654321');
  });

  it('does not take a key that was held before the question for an answer', async () => {
    rig = panelRig();
    await rig.reach('ready');
    rig.keypad.press('7');
    await rig.clock.advance(100);
    const answer = rig.panel.ask('pin', 'PIN', NEVER);
    await rig.clock.advance(100);
    rig.keypad.release('7');
    await rig.type('123456#');
    expect(await answer).toBe('123456');
  });

  it('shows the same sign twice without playing it twice', async () => {
    rig = panelRig();
    await rig.reach('ready');
    rig.panel.show('idle', ['Please tap your card.']);
    await rig.clock.advance(100);
    rig.sent.length = 0;
    rig.panel.show('idle', ['Please tap your card.']);
    await rig.clock.advance(100);
    expect(rig.sent).toEqual([]);
  });

  it('uses the layout that its keypad has', async () => {
    const keypad = { address: 0x5a, layout: '#0*987654321' };
    rig = panelRig({ parts: { ...STANDARD_PARTS, keypad } });
    await rig.reach('ready');
    const answer = rig.panel.ask('pin', 'PIN', NEVER);
    // The virtual pad's "1" is electrode 0, "#" electrode 11.
    await rig.type('444444');
    await rig.type('1');
    expect(await answer).toBe('999999');
  });
});
