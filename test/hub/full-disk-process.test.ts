import { once } from 'node:events';
import { relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ATTEMPTS_MAX } from '../../hub/card.ts';
import { hubStatus } from '../../hub/status.ts';
import { openHubStore } from '../../hub/store/store.ts';
import { WIRE_ERROR } from '../../protocol/wire-error.ts';
import { askControl } from '../../runtime/control-socket.ts';
import type { Address } from '../../runtime/network.ts';
import { liftFileSizeLimit } from '../support/file-size-limit.ts';
import { challengeAt, challengeSoon, startServingOnDisk } from './hub-process.ts';
import { openNetwork } from './network.ts';
import { attemptOf, HubSaidError, proofWithPin } from './test-device.ts';
import type { Issued } from './test-rc.ts';

const PIN = '246810';
/** Room for some dozens of logins in the log that SQLite writes ahead. */
const LIMIT_KIB = 320;
const CARDS = 3;

/** A patient who keeps account of the tries that the hub has answered and not given back. */
class Patient {
  readonly card: Issued;
  gone = 0;

  constructor(card: Issued) {
    this.card = card;
  }

  /** A login with the right PIN. @throws HubSaidError, Error where the connection breaks */
  async logIn(address: Address, connect = challengeAt): Promise<void> {
    const attempt = attemptOf(PIN);
    const { device, challenge } = await connect(address, this.card, attempt);
    try {
      this.gone += 1;
      expect(challenge.attemptsLeft).toBe(ATTEMPTS_MAX - this.gone);
      device.send(device.proofBody(await proofWithPin(this.card.image, attempt, challenge.evaluated)));
      await device.welcome();
      this.gone = 0;
    } finally {
      device.close();
    }
  }
}

describe('a hub whose disk takes no more', () => {
  it('answers no login that it cannot count, says why everywhere, and goes on once there is room', {
    timeout: 120_000,
  }, async () => {
    const network = await openNetwork();
    const patients: Patient[] = [];
    while (patients.length < CARDS) patients.push(new Patient(await network.register(PIN)));
    const { hubFolder } = network;
    const limits = { fileSizeKib: LIMIT_KIB };
    // Named from where the hub is started, as `./data/hub` is.
    const named = relative(process.cwd(), hubFolder);
    const { hub, address } = await startServingOnDisk(named, limits, '--health', '127.0.0.1:0');
    const status = async () => hubStatus.parse(await askControl(hubFolder, { method: 'status' }));
    const health = async () => fetch(`http://${(await status()).health}/healthz`);
    for (const patient of patients) await patient.logIn(address, challengeSoon);
    expect((await health()).status).toBe(200);

    const refusal = await (async () => {
      for (;;) for (const patient of patients) await patient.logIn(address);
    })().catch((cause: unknown) => cause);
    // A terminal says "The clinic cannot let you in just now" to this.
    expect(refusal).toBeInstanceOf(HubSaidError);
    expect(refusal).toMatchObject({ code: WIRE_ERROR.internal });
    for (const patient of patients) await expect(patient.logIn(address)).rejects.toThrow(HubSaidError);

    const words = expect.stringMatching(
      /^the disk is full for .*store.sqlite.*nothing was changed: raise the limit/,
    );
    const failing = await health();
    expect(failing.status).toBe(503);
    expect(await failing.json()).toEqual({
      status: 'failing',
      causes: [{ cause: 'store-full', words }],
    });
    expect(await status()).toMatchObject({ takesLogins: false, warnings: [words] });
    expect(hub.errors.join('')).toContain('the disk is full for');
    expect(hub.errors.join('')).not.toMatch(/I\/O|IOERR/);

    liftFileSizeLimit(hub.child.pid);
    for (const patient of patients) await patient.logIn(address);
    expect((await health()).status).toBe(200);
    expect(await status()).toMatchObject({ takesLogins: true, warnings: [] });

    hub.child.kill('SIGKILL');
    await once(hub.child, 'exit');
    const store = openHubStore(hubFolder);
    for (const { card, gone } of patients) {
      const held = await store.findCard(card.image.uid);
      expect(held?.counts.attemptsLeft).toBe(ATTEMPTS_MAX - gone);
    }
    store.close();
  });
});
