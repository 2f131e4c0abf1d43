import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { hubStatus } from '../../hub/status.ts';
import { STATUS } from '../../protocol/login/messages.ts';
import { askControl } from '../../runtime/control-socket.ts';
import { temporaryFolder } from '../runtime/temporary-folder.ts';
import { floodWithMalformed } from '../soak/malformed-frames.ts';
import { SeededRandom } from '../soak/seeded-random.ts';
import {
  challengeAt,
  challengeSoon,
  childrenOf,
  finished as finish,
  runHub as run,
  startServing,
} from './hub-process.ts';
import { openNetwork } from './network.ts';
import { attemptOf } from './test-device.ts';

const PIN = '246810';

describe('cardea-hub serve, killed at once after an answer', () => {
  it('has every acknowledged try after the restart, and the last one locks', async () => {
    const network = await openNetwork();
    const card = await network.register(PIN);
    const answers: [status: number, attemptsLeft: number][] = [];
    for (let round = 0; round < 6; round++) {
      const { hub, address } = await startServing(network.hubFolder);
      const { device, challenge } = await challengeSoon(address, card, attemptOf('000000'));
      hub.child.kill('SIGKILL');
      await once(hub.child, 'exit');
      device.close();
      answers.push([challenge.status, challenge.attemptsLeft]);
    }
    const { goOn, locked } = STATUS;
    expect(answers).toEqual([
      [goOn, 4],
      [goOn, 3],
      [goOn, 2],
      [goOn, 1],
      [goOn, 0],
      [locked, 0],
    ]);
  }, 120_000);
});

async function workersOf(folder: string): Promise<unknown> {
  return hubStatus.parse(await askControl(folder, { method: 'status' })).workers;
}

describe('cardea-hub serve --workers 2', () => {
  it('evaluates five times when 16 clients are wrong at once, and settles what a killed worker leaves', async () => {
    const network = await openNetwork();
    const [card, other] = [await network.register(PIN), await network.register(PIN)];
    const { hub, address } = await startServing(network.hubFolder, '--workers', '2');
    const first = await challengeSoon(address, other, attemptOf('000000'));
    const answers = await Promise.all(
      Array.from({ length: 16 }, () => challengeAt(address, card, attemptOf('000000'))),
    );
    const left = answers.flatMap(({ challenge: { status, attemptsLeft } }) =>
      status === STATUS.goOn ? [attemptsLeft] : [],
    );
    expect(left.sort()).toEqual([0, 1, 2, 3, 4]);
    expect(await workersOf(network.hubFolder)).toEqual({ wanted: 2, serving: 2, silent: 0 });
    for (const pid of await childrenOf(hub.child.pid)) process.kill(pid, 'SIGKILL');
    for (const { device } of [first, ...answers]) await device.untilClosed();
    expect((await challengeSoon(address, card, attemptOf(PIN))).challenge.status).toBe(STATUS.locked);
    const again = await challengeSoon(address, other, attemptOf('000000'));
    expect(again.challenge).toMatchObject({ status: STATUS.goOn, attemptsLeft: 3 });
    hub.child.kill('SIGTERM');
    await once(hub.child, 'exit');
    expect(hub.child.exitCode).toBe(0);
    expect(hub.errors.join('').match(/"reason":"by SIGKILL"/g)).toHaveLength(2);
  }, 120_000);
});

/** `npm run soak -- malformed` sends a million. */
const MALFORMED_FRAMES = 600;

describe('malformed frames by the thousand', () => {
  it('leave a hub alive and its memory as it is, and patients are let in beside them', {
    timeout: 120_000,
  }, async () => {
    const network = await openNetwork();
    const card = await network.register(PIN);
    const { hub, address } = await startServing(network.hubFolder);
    (await challengeSoon(address, card, attemptOf(PIN))).device.close();
    const flood = floodWithMalformed(
      { port: address.port, pid: hub.child.pid ?? 0 },
      { count: MALFORMED_FRAMES, random: new SeededRandom(42), isOver: () => false },
    );
    const { device, challenge } = await challengeAt(address, card, attemptOf(PIN));
    device.close();
    expect(challenge.attemptsLeft).toBeLessThan(5);
    const { frames, warmMb, endMb } = await flood;
    expect(frames).toBe(MALFORMED_FRAMES);
    expect(endMb - warmMb).toBeLessThan(64);
    expect(hub.child.exitCode).toBeNull();
    (await challengeAt(address, card, attemptOf(PIN))).device.close();
  });
});

describe('cardea-hub', () => {
  it('tells its status while it serves, stops in order on SIGTERM, and then says who must serve', async () => {
    const { hubFolder } = await openNetwork();
    const { hub, address } = await startServing(hubFolder);
    const status = await finish(run('status', '--data', hubFolder, '--json'));
    expect(status.code).toBe(0);
    expect(JSON.parse(status.output ?? '')).toMatchObject({
      id: 'hub-1',
      address: `127.0.0.1:${address.port}`,
    });
    const second = await finish(run('serve', '--data', hubFolder, '--listen', '127.0.0.1:0'));
    expect(second).toMatchObject({ code: 1, output: undefined });
    expect(second.errors).toMatch(/^cardea-hub: .*in use by cardea-hub serve \(process \d+\).*\n$/);
    hub.child.kill('SIGTERM');
    await once(hub.child, 'exit');
    expect([hub.child.exitCode, hub.errors.join('')]).toEqual([0, '']);
    const after = await finish(run('status', '--data', hubFolder));
    expect(after.code).toBe(1);
    expect(after.errors).toContain('start it with "cardea-hub serve"');
  }, 120_000);

  it('says in one line what is wrong, and exits as it should', async () => {
    const folder = temporaryFolder();
    const [nothing, usage, few, token] = await Promise.all([
      finish(run('serve', '--data', folder)),
      finish(run('serve', '--validity-seconds', 'long', '--data', folder)),
      finish(run('serve', '--connections', '15', '--data', folder)),
      finish(run('join', 'cardea-join-nonsense', '--data', folder)),
    ]);
    expect(nothing).toMatchObject({ code: 1, output: undefined });
    expect(nothing.errors).toMatch(/^cardea-hub: no hub has joined.*"cardea-hub join".*\n$/);
    expect(usage.code).toBe(2);
    expect(few).toMatchObject({
      code: 2,
      errors: expect.stringMatching(/^cardea-hub: .*connections.*16.*\n$/),
    });
    expect(token.code).toBe(2);
    expect(token.errors).toMatch(/^cardea-hub: the join string.*\n$/);
  }, 120_000);
});
