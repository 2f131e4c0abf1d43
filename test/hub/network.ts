import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { RcClient } from '../../certs/rc-client.ts';
import { loadTlsIdentity } from '../../certs/tls-identity.ts';
import { joinHub } from '../../hub/join.ts';
import { fromHex, toHex } from '../../protocol/bytes.ts';
import { noble } from '../../protocol/crypto/noble.ts';
import { parsePin } from '../../protocol/pin.ts';
import { PinAttempt } from '../../protocol/pin-attempt.ts';
import { makeCard } from '../../protocol/registration.ts';
import { initRc } from '../../rc/init.ts';
import { type RunningRc, serveRc } from '../../rc/serve.ts';
import { systemClock } from '../../runtime/clock.ts';
import { silentLog } from '../../runtime/pino-log.ts';
import { systemRandom } from '../../runtime/random.ts';
import type { Surroundings } from '../../runtime/surroundings.ts';
import { tcpNetwork } from '../../runtime/tcp-network.ts';
import { temporaryFolder } from '../runtime/temporary-folder.ts';
import type { Issued } from './test-rc.ts';

export const LOOPBACK = { host: '127.0.0.1', port: 0 };

export const surroundings: Surroundings = {
  clock: systemClock,
  network: tcpNetwork(systemClock),
  random: systemRandom,
  log: silentLog,
};

/** A real network: a registration centre over HTTPS, its operator, and a folder in which a hub has joined. */
export interface TestNetwork {
  readonly rc: RunningRc;
  readonly rcFolder: string;
  readonly operator: RcClient;
  readonly hubFolder: string;
  /** A join string for a hub. */
  hubToken(id: string): Promise<string>;
  register(pin: string): Promise<Issued>;
}

export async function openNetwork(world: Surroundings = surroundings): Promise<TestNetwork> {
  const folder = temporaryFolder();
  const rcFolder = join(folder, 'rc');
  const hubFolder = join(folder, 'hub');
  await initRc({ surroundings: world, folder: rcFolder, address: LOOPBACK });
  const rc = await serveRc({ surroundings: world, folder: rcFolder, listen: LOOPBACK });
  onTestFinished(() => rc.close());
  const identity = await loadTlsIdentity(rcFolder, 'operator');
  const operator = new RcClient({ surroundings: world, rc: rc.publicAddress, identity });
  onTestFinished(() => operator.close());
  const hubToken = async (id: string) => {
    const minted = await operator.mintToken({ kind: 'hub', id, location: 'Goa', address: '127.0.0.1:8441' });
    return minted.token;
  };
  await joinHub({ surroundings: world, folder: hubFolder, token: await hubToken('hub-1') });
  return { rc, rcFolder, operator, hubFolder, hubToken, register: (pin) => register(operator, pin) };
}

async function register(operator: RcClient, pin: string): Promise<Issued> {
  const attempt = PinAttempt.make(noble, parsePin(pin), systemRandom);
  const begun = await operator.beginRegistration({ blinded: toHex(attempt.blinded) });
  const { image, cs, recoveryCode } = await makeCard(noble, {
    uid: fromHex(begun.uid),
    keyId: begun.keyId,
    usk: fromHex(begun.usk),
    caPin: fromHex(begun.caPin),
    attempt,
    evaluated: fromHex(begun.evaluated),
    logN: 0,
    random: systemRandom,
    recovery: false,
  });
  await operator.completeRegistration(begun.registrationId, {
    cs: toHex(cs),
    rs: null,
    patient: { name: 'Asha' },
  });
  return { image, code: recoveryCode };
}
