import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadHubIdentity } from '../../certs/hub-identity.ts';
import { renewHubIdentity } from '../../certs/hub-renewal.ts';
import { joinNetwork } from '../../certs/join.ts';
import { RcClient } from '../../certs/rc-client.ts';
import { refreshTlsIdentity } from '../../certs/renewal.ts';
import { loadTlsIdentity } from '../../certs/tls-identity.ts';
import { toHex } from '../../protocol/bytes.ts';
import type { Surroundings } from '../../runtime/surroundings.ts';
import { Joiner, NOW, TestRc } from '../rc/running-rc.ts';
import { temporaryFolder } from '../runtime/temporary-folder.ts';
import { ChaosNetwork } from '../support/chaos-network.ts';

const DAY = 24 * 60 * 60 * 1000;

/** The same world, in which the connection is cut at one chunk of what goes in one direction. */
function cutting(surroundings: Surroundings, direction: 'toHub' | 'toDevice', at: number) {
  let chunk = 0;
  const network = new ChaosNetwork(surroundings.network, (run) => run());
  network.chaos = (way) => {
    if (way !== direction) return undefined;
    chunk += 1;
    return chunk - 1 === at ? 'cut' : undefined;
  };
  return { surroundings: { ...surroundings, network }, wasCut: () => chunk > at };
}

/**
 * Has `act` done with the connection cut at every chunk there is, in both directions, each time by somebody new.
 * @returns how often it was cut
 */
async function cutEverywhere(
  rc: TestRc,
  act: (world: Surroundings, name: string) => Promise<void>,
): Promise<number> {
  let cuts = 0;
  for (const direction of ['toHub', 'toDevice'] as const) {
    for (let at = 0; ; at++) {
      // Strangers may call only so often, by a clock that otherwise stands still.
      await rc.clock.advance(60_000);
      const world = cutting(rc.surroundings, direction, at);
      await act(world.surroundings, `${direction.toLowerCase()}-${at}`);
      if (!world.wasCut()) break;
      cuts += 1;
    }
  }
  return cuts;
}

const UNREACHABLE = { code: 'rc-unreachable', message: expect.stringContaining('registration centre') };

/** What fails must say that the registration centre could not be reached; nothing else may be wrong. */
async function orUnreachable(act: () => Promise<unknown>): Promise<void> {
  const failure = await act().then(
    () => undefined,
    (error: unknown) => error,
  );
  if (failure !== undefined) expect(failure).toMatchObject(UNREACHABLE);
}

describe('a connection that is cut', () => {
  it('at any step of joining leaves a string that the same keys can redeem again, and no other', async () => {
    const rc = await TestRc.start();
    const { surroundings } = rc;
    const cuts = await cutEverywhere(rc, async (world, id) => {
      const token = await rc.mint({ kind: 'hub', id, location: 'Goa', address: 'goa.example:8441' });
      const folder = join(temporaryFolder(), 'hub');
      const options = { folder, token, kind: 'hub' as const };
      await orUnreachable(() => joinNetwork({ ...options, surroundings: world }));
      const again = joinNetwork({ ...options, surroundings });
      await again.catch((error: unknown) => expect(error).toMatchObject({ code: 'already-joined' }));
      const { hubId } = await loadHubIdentity(folder);
      expect(hubId).toBe(id);
      expect((await rc.client(await loadTlsIdentity(folder)).hubs()).hubs.some((hub) => hub.id === id)).toBe(
        true,
      );
      await expect((await rc.stranger()).join(new Joiner(token).request)).rejects.toMatchObject({
        problemCode: 'token-refused',
      });
    });
    expect(cuts).toBeGreaterThan(6);
  });

  it('at any step of a renewal leaves the old certificate good, and the same key to ask again', async () => {
    const rc = await TestRc.start();
    const { surroundings } = rc;
    const cuts = await cutEverywhere(rc, async (world, id) => {
      const token = await rc.mint({ kind: 'hub', id, location: 'Goa', address: 'goa.example:8441' });
      const folder = join(temporaryFolder(), 'hub');
      await joinNetwork({ folder, token, kind: 'hub', surroundings });
      const before = { tls: await loadTlsIdentity(folder), hub: await loadHubIdentity(folder) };
      const renew = async (as: Surroundings) => {
        const identity = await loadTlsIdentity(folder);
        const client = new RcClient({ surroundings: as, rc: rc.running.address, identity });
        try {
          const current = await loadHubIdentity(folder);
          await renewHubIdentity(current, { surroundings: as, client, folder });
          await refreshTlsIdentity(identity, { clock: { now: () => NOW + 61 * DAY }, client, folder });
        } finally {
          client.close();
        }
      };
      await orUnreachable(() => renew(world));
      for (const identity of [before.tls, await loadTlsIdentity(folder)]) {
        expect((await rc.client(identity).hubs()).hubs.length).toBeGreaterThan(0);
      }
      await renew(surroundings);
      const after = { tls: await loadTlsIdentity(folder), hub: await loadHubIdentity(folder) };
      expect(toHex(after.hub.hubStatic)).not.toBe(toHex(before.hub.hubStatic));
      expect(after.tls.certificate).not.toEqual(before.tls.certificate);
      expect((await rc.client(after.tls).hubs()).hubs.length).toBeGreaterThan(0);
    });
    expect(cuts).toBeGreaterThan(4);
  });
});
