import { describe, expect, it } from 'vitest';
import { challengeAt, challengeSoon, startServing } from '../hub/hub-process.ts';
import { openNetwork } from '../hub/network.ts';
import { attemptOf } from '../hub/test-device.ts';
import { floodWithMalformed } from './malformed-frames.ts';
import { SeededRandom } from './seeded-random.ts';

const PIN = '246810';
const SHORT_FORM_FRAMES = 1_500;

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
      { count: SHORT_FORM_FRAMES, random: new SeededRandom(42), isOver: () => false },
    );
    const { device, challenge } = await challengeAt(address, card, attemptOf(PIN));
    device.close();
    expect(challenge.attemptsLeft).toBeLessThan(5);
    const { frames, warmMb, endMb } = await flood;
    expect(frames).toBe(SHORT_FORM_FRAMES);
    expect(endMb - warmMb).toBeLessThan(64);
    expect(hub.child.exitCode).toBeNull();
    (await challengeAt(address, card, attemptOf(PIN))).device.close();
  });
});
