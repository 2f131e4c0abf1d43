import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { raspiBoard } from '../../../hardware/panel/raspi-board.ts';
import { SimulatedClock } from '../../../runtime/simulated-clock.ts';
import { NEVER, until } from './rig.ts';

/** A stand-in for `raspi-io`: what it was made with, and when it says what. */
function fakeRaspiIo() {
  const made: { options: object; io: EventEmitter & { isReady: boolean } }[] = [];
  class RaspiIO extends EventEmitter {
    isReady = false;

    constructor(options: object) {
      super();
      made.push({ options, io: this });
    }
  }
  return { made, load: async () => ({ default: { RaspiIO } }) };
}

describe('the pins of a Pi as a panel’s board', () => {
  it('says plainly that raspi-io is not installed, as it is not here', async () => {
    const open = raspiBoard(new SimulatedClock());
    await expect(open(NEVER)).rejects.toMatchObject({
      code: 'panel-driver',
      message: expect.stringContaining('npm install raspi-io'),
    });
  });

  it('leaves the card reader its serial port and the two pins of it', async () => {
    const { made, load } = fakeRaspiIo();
    const opening = raspiBoard(new SimulatedClock(), load)(NEVER);
    await until(() => made.length > 0);
    made[0]?.io.emit('ready');
    await opening;
    expect(made.map(({ options }) => options)).toEqual([
      { enableSerial: false, enableSoftPwm: true, excludePins: ['GPIO14', 'GPIO15'] },
    ]);
  });

  it('starts the driver once, however often the panel is set up', async () => {
    const { made, load } = fakeRaspiIo();
    const open = raspiBoard(new SimulatedClock(), load);
    const opening = open(NEVER);
    await until(() => made.length > 0);
    made[0]?.io.emit('ready');
    const board = await opening;
    await board.close();
    expect((await open(NEVER)).io).toBe(board.io);
    expect(made.length).toBe(1);
  });

  it('says that a driver which does not start wants root', async () => {
    const { made, load } = fakeRaspiIo();
    const opening = raspiBoard(new SimulatedClock(), load)(NEVER);
    await until(() => made.length > 0);
    made[0]?.io.emit('error', new Error('EACCES'));
    await expect(opening).rejects.toMatchObject({ message: expect.stringMatching(/EACCES.*root/) });
  });

  it('does not wait for ever for a driver that is silent', async () => {
    const clock = new SimulatedClock();
    const opening = raspiBoard(clock, fakeRaspiIo().load)(NEVER);
    await expect(clock.advanceUntil(opening)).rejects.toMatchObject({ code: 'panel-driver' });
    expect(clock.pendingTimers).toBe(0);
  });

  it('tells of an error later as of a loss', async () => {
    const { made, load } = fakeRaspiIo();
    const opening = raspiBoard(new SimulatedClock(), load)(NEVER);
    await until(() => made.length > 0);
    made[0]?.io.emit('ready');
    const board = await opening;
    const losses: string[] = [];
    board.onLost(({ message }) => losses.push(message));
    made[0]?.io.emit('error', new Error('EIO'));
    expect(losses).toEqual([expect.stringContaining('EIO')]);
    await board.close();
    made[0]?.io.emit('error', new Error('EIO'));
    expect(losses.length).toBe(1);
  });

  it('says what is wrong with a package that is not raspi-io 11', async () => {
    const open = raspiBoard(new SimulatedClock(), async () => ({ default: {} }));
    await expect(open(NEVER)).rejects.toMatchObject({ message: expect.stringContaining('version 11') });
  });
});
