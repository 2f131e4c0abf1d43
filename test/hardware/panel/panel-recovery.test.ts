import johnnyFive from 'johnny-five';
import { afterEach, describe, expect, it } from 'vitest';
import { STANDARD_PARTS } from '../../../hardware/panel/panel-parts.ts';
import { sleep } from '../../../runtime/clock.ts';
import { FakeConsole, NEVER, panelRig, statesOf } from './rig.ts';

type Rig = ReturnType<typeof panelRig>;

describe('a panel whose board comes and goes', () => {
  let rig: Rig;

  afterEach(async () => {
    await rig.panel.close();
    rig.board.hang(); // A virtual board that is pulled out goes on by itself.
    expect(rig.clock.pendingTimers).toBe(0);
  });

  it('says that the board is gone, takes calls all the same, and shows the latest sign when it is back', async () => {
    rig = panelRig();
    await rig.reach('ready');
    rig.panel.show('idle', ['Please tap your card.']);
    const states = statesOf(rig.panel);
    rig.port.unplug();
    await rig.reach('lost');
    rig.panel.show('refused', ['The reader is away.']);
    await rig.clock.advance(60_000);
    rig.port.plugIn();
    await rig.reach('ready');
    await rig.clock.advance(100);
    expect(states).toMatchObject([
      { state: 'ready' },
      { state: 'lost', why: { code: 'panel-lost' } },
      { state: 'ready', missing: [] },
    ]);
    expect(rig.display.rows).toEqual(['The reader is   ', 'away.           ']);
    expect(rig.board.pins.slice(9, 12).map(({ value }) => value)).toEqual([255, 0, 0]);
  });

  it('is used as if nothing was by a board that is plugged in later', async () => {
    rig = panelRig({ unplugged: true });
    rig.panel.show('idle', ['Please tap your card.']);
    await rig.reach('lost');
    rig.port.plugIn();
    await rig.reach('ready');
    const answer = rig.panel.ask('pin', 'PIN', NEVER);
    await rig.type('123456#');
    expect(await answer).toBe('123456');
  });

  it('says how to mend a port that cannot be opened', async () => {
    rig = panelRig({ unplugged: true });
    const states = statesOf(rig.panel);
    await rig.reach('lost');
    const [state] = states;
    expect(state?.state === 'lost' ? state.why.message : '').toMatch(
      /panel's board at \/dev\/ttyACM0 cannot be opened .*No such file.*plug it in/,
    );
  });

  it('ends a question with nothing when the board goes and nobody else can ask', async () => {
    rig = panelRig();
    await rig.reach('ready');
    const answer = rig.panel.ask('pin', 'PIN', NEVER);
    await rig.type('123');
    rig.port.unplug();
    expect(await rig.clock.advanceUntil(answer)).toBeUndefined();
  });

  it('has the console go on with a question when the board goes', async () => {
    const fallback = new FakeConsole();
    rig = panelRig({ fallback });
    await rig.reach('ready');
    rig.panel.show('take-card', ['Please enter your PIN.']);
    const answer = rig.panel.ask('pin', 'PIN', NEVER);
    await rig.type('123');
    expect(fallback.shown).toEqual([]);
    rig.port.unplug();
    expect(await rig.clock.advanceUntil(answer)).toBe('424242');
    expect(fallback.asked).toEqual(['pin']);
    expect(fallback.shown).toEqual(['take-card: Please enter your PIN.']);
  });

  it('has the console stop what goes on when the board is gone, and nobody where there is no console', async () => {
    const fallback = new FakeConsole();
    rig = panelRig({ fallback });
    await rig.reach('ready');
    let stopped = false;
    const stop = rig.panel.untilCancelled(NEVER).then(() => {
      stopped = true;
    });
    await rig.clock.advance(50);
    rig.port.unplug();
    await rig.reach('lost');
    await rig.clock.advance(60_000);
    expect(stopped).toBe(false);
    fallback.cancel();
    await stop;
    await rig.panel.close();
    rig.board.hang();

    rig = panelRig({ unplugged: true });
    await rig.reach('lost');
    const over = new AbortController();
    const never = rig.panel.untilCancelled(over.signal);
    const first = await rig.clock.advanceUntil(Promise.race([never, sleep(rig.clock, 60_000)]));
    expect(first).toBeUndefined();
    over.abort(new Error('over'));
    await expect(never).rejects.toThrow('over');
  });

  it('tells a listener of it, and not one that has ended its subscription', async () => {
    rig = panelRig();
    await rig.reach('ready');
    const [kept, ended] = [statesOf(rig.panel), [] as string[]];
    const subscription = rig.panel.onState(({ state }) => ended.push(state));
    subscription.end();
    rig.port.unplug();
    await rig.reach('lost');
    expect(kept.map(({ state }) => state)).toEqual(['ready', 'lost']);
    expect(ended).toEqual(['ready']);
  });

  it('asks nobody else when the question was over before the board went', async () => {
    const fallback = new FakeConsole();
    rig = panelRig({ fallback });
    await rig.reach('ready');
    const asking = new AbortController();
    const answer = rig.panel.ask('pin', 'PIN', asking.signal);
    asking.abort(new Error('the card is gone'));
    rig.port.unplug();
    await expect(answer).rejects.toThrow('the card is gone');
    expect(fallback.asked).toEqual([]);
  });

  it('waits to know whether there is a board before it asks elsewhere', async () => {
    const fallback = new FakeConsole();
    rig = panelRig({ fallback });
    const answer = rig.panel.ask('pin', 'PIN', NEVER);
    await rig.reach('ready');
    await rig.type('123456#');
    expect(await answer).toBe('123456');
    expect(fallback.asked).toEqual([]);
  });

  it('has the console ask for what twelve keys cannot type, and for all without a keypad', async () => {
    const fallback = new FakeConsole();
    rig = panelRig({ fallback, parts: { ...STANDARD_PARTS, keypad: undefined } });
    await rig.reach('ready');
    expect(await rig.panel.ask('pin', 'PIN', NEVER)).toBe('424242');
    expect(await rig.panel.ask('recovery-code', 'Recovery code', NEVER)).toBe('424242');
    expect(fallback.asked).toEqual(['pin', 'recovery-code']);
  });

  it('has the console offer a choice that nothing shows, or that loses its keys', async () => {
    const fallback = new FakeConsole();
    rig = panelRig({ fallback, parts: { ...STANDARD_PARTS, display: undefined } });
    await rig.reach('ready');
    expect(await rig.panel.choose('Clinic', ['Goa', 'Panjim'], NEVER)).toBe(1);
    await rig.panel.close();
    rig = panelRig({ fallback });
    await rig.reach('ready');
    const choice = rig.panel.choose('Clinic', ['Goa', 'Panjim', 'Margao'], NEVER);
    rig.port.unplug();
    expect(await rig.clock.advanceUntil(choice)).toBe(2);
  });

  it('cancels what it cannot ask when there is no console', async () => {
    rig = panelRig();
    await rig.reach('ready');
    expect(await rig.panel.ask('recovery-code', 'Recovery code', NEVER)).toBeUndefined();
  });

  it('has the console say the words where there is no display', async () => {
    const fallback = new FakeConsole();
    rig = panelRig({ fallback, parts: { ...STANDARD_PARTS, display: undefined } });
    await rig.reach('ready');
    rig.panel.show('idle', ['Please tap your card.']);
    expect(fallback.shown).toEqual(['idle: Please tap your card.']);
  });

  it('sets the parts up again when the board restarts by itself', async () => {
    rig = panelRig();
    await rig.reach('ready');
    rig.panel.show('idle', ['Please tap your card.']);
    const states = statesOf(rig.panel);
    rig.board.powerCycle();
    await rig.reach('lost');
    await rig.reach('ready');
    await rig.clock.advance(100);
    expect(states).toMatchObject([{}, { why: { message: expect.stringContaining('power') } }, {}]);
    expect(rig.board.pins[11]?.value).toBe(255);
    const answer = rig.panel.ask('pin', 'PIN', NEVER);
    await rig.type('123456#');
    expect(await answer).toBe('123456');
  });

  it('finds a board that hangs, and starts it anew by opening its port', async () => {
    rig = panelRig();
    await rig.reach('ready');
    const states = statesOf(rig.panel);
    rig.board.hang();
    await rig.reach('lost');
    expect(states.at(-1)).toMatchObject({ why: { code: 'panel-silent' } });
    await rig.reach('ready');
  });

  it('does not take a board for hung that answers, however long it runs', async () => {
    rig = panelRig();
    await rig.reach('ready');
    const states = statesOf(rig.panel);
    await rig.clock.advance(120_000);
    expect(states.length).toBe(1);
  });

  it('says what to do about a port behind which no Firmata answers', async () => {
    rig = panelRig({ speed: 115_200 });
    const states = statesOf(rig.panel);
    await rig.reach('lost');
    expect(states).toMatchObject([{ why: { message: expect.stringContaining('StandardFirmata') } }]);
    await rig.clock.advance(60_000);
    expect(states.length).toBe(1);
  });

  it('goes on without a keypad that does not answer, and has the console ask', async () => {
    const fallback = new FakeConsole();
    rig = panelRig({ fallback });
    rig.i2c.delete(0x5a);
    const states = statesOf(rig.panel);
    await rig.reach('ready');
    await rig.clock.advance(100);
    expect(states).toEqual([
      { state: 'ready', missing: [] },
      { state: 'ready', missing: ['keypad'] },
    ]);
    expect(await rig.panel.ask('pin', 'PIN', NEVER)).toBe('424242');
    await rig.clock.advance(60_000);
    expect(states.length).toBe(2);
  });

  it('sets a keypad up again that stopped answering', async () => {
    rig = panelRig();
    await rig.reach('ready');
    await rig.clock.advance(100);
    const states = statesOf(rig.panel);
    rig.i2c.delete(0x5a);
    await rig.reach('lost');
    rig.i2c.set(0x5a, rig.keypad);
    await rig.reach('ready');
    expect(states).toMatchObject([{}, { why: { message: expect.stringContaining('keypad') } }, {}]);
    const answer = rig.panel.ask('pin', 'PIN', NEVER);
    await rig.type('123456#');
    expect(await answer).toBe('123456');
  });

  it('comes back from a hundred losses', async () => {
    rig = panelRig();
    for (let loss = 0; loss < 100; loss++) {
      await rig.reach('ready');
      rig.panel.show(loss % 2 === 0 ? 'idle' : 'refused', [`Loss ${loss}`]);
      rig.port.unplug();
      await rig.reach('lost');
      rig.port.plugIn();
    }
    await rig.reach('ready');
    await rig.clock.advance(10);
    expect(rig.display.rows[0]).toBe('Loss 99         ');
  });
});

describe('closing a panel', () => {
  it.each<[string, (rig: Rig) => Promise<unknown>]>([
    ['before its port is open', async () => undefined],
    ['while its board starts', (rig) => rig.clock.advance(700)],
    ['while it asks who the board is', (rig) => rig.clock.advance(1_501)],
    ['once it is ready', (rig) => rig.reach('ready')],
    [
      'while the board is away',
      async (rig) => {
        rig.port.unplug();
        await rig.reach('lost');
      },
    ],
    [
      'while the board hangs',
      async (rig) => {
        await rig.reach('ready');
        rig.board.hang();
      },
    ],
  ])('%s leaves nothing behind', async (_when, reachIt) => {
    const rig = panelRig();
    await reachIt(rig);
    const closed = rig.panel.close();
    await rig.clock.advanceUntil(closed);
    rig.board.hang(); // The virtual board has a timer of its own.
    expect(rig.clock.pendingTimers).toBe(0);
    await rig.clock.advance(60_000);
  });

  it('ends a question that is open with nothing', async () => {
    const rig = panelRig();
    await rig.reach('ready');
    const answer = rig.panel.ask('pin', 'PIN', NEVER);
    await rig.type('12');
    await rig.panel.close();
    expect(await answer).toBeUndefined();
  });

  it('ends a question that waits for the board with nothing', async () => {
    const rig = panelRig();
    const answer = rig.panel.ask('pin', 'PIN', NEVER);
    await rig.clock.advanceUntil(rig.panel.close());
    expect(await answer).toBeUndefined();
  });

  it('leaves the board’s light off and its display dark', async () => {
    const rig = panelRig();
    await rig.reach('ready');
    rig.panel.show('take-card', ['You may take your card.']);
    await rig.clock.advance(100);
    expect(rig.display.lit).toBe(true);
    await rig.panel.close();
    expect(rig.display.lit).toBe(false);
    expect(rig.board.pins.slice(9, 12).map(({ value }) => value)).toEqual([0, 0, 0]);
    expect(rig.sent.at(-1)).toBe(0xff);
  });

  it('leaves no timer, no handler and no board behind in the process', async () => {
    const traces = () => ({
      timers: process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length,
      handlers: process.eventNames().map((name) => [name, process.listenerCount(name)]),
      boards: johnnyFive.Board.cache.length,
    });
    const before = traces();
    const rig = panelRig();
    await rig.reach('ready');
    rig.port.unplug();
    await rig.reach('lost');
    rig.port.plugIn();
    await rig.reach('ready');
    expect(traces().handlers).toEqual(before.handlers);
    await rig.panel.close();
    const after = traces();
    expect(after).toMatchObject({ handlers: before.handlers, boards: before.boards });
    // The test runner has timers of its own, which come to an end meanwhile.
    expect(after.timers).toBeLessThanOrEqual(before.timers);
  });

  it('can be done twice', async () => {
    const rig = panelRig();
    await rig.reach('ready');
    await rig.panel.close();
    await rig.panel.close();
  });
});
