import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadHubIdentity } from '../../certs/hub-identity.ts';
import { renewHubIdentity } from '../../certs/hub-renewal.ts';
import { joinNetwork } from '../../certs/join.ts';
import { RcClient } from '../../certs/rc-client.ts';
import { refreshTlsIdentity } from '../../certs/renewal.ts';
import { loadTlsIdentity } from '../../certs/tls-identity.ts';
import { toHex } from '../../protocol/bytes.ts';
import type { CardImage } from '../../protocol/card-image.ts';
import { currentImage } from '../../protocol/card-slots.ts';
import { SUITE } from '../../protocol/constants.ts';
import { noble } from '../../protocol/crypto/noble.ts';
import type { WritableCard } from '../../rc/console/first-image.ts';
import { type RegisterCardOptions, registerCard } from '../../rc/console/register-card.ts';
import { systemRandom } from '../../runtime/random.ts';
import type { Surroundings } from '../../runtime/surroundings.ts';
import { register } from '../rc/registering.ts';
import { Joiner, NOW, TestRc } from '../rc/running-rc.ts';
import { temporaryFolder } from '../runtime/temporary-folder.ts';
import { ChaosNetwork } from '../support/chaos-network.ts';
import { hurriedClock } from '../support/hurried-clock.ts';

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

  it.each(['registration', 'replacement'] as const)(
    'at any step of a %s leaves one good card, once it is asked for again',
    async (kind) => {
      const rc = await TestRc.start();
      const admin = await rc.admin();
      const outcomes = new Set<string>();
      const cuts = await cutEverywhere(rc, async (world, name) => {
        const old = kind === 'replacement' ? await register(admin, { name }) : undefined;
        const patient =
          old === undefined ? { name, record: name } : { id: old.summary.patientId, replaces: old.uid };
        const card = new MemoryCard();
        const make = (as: Surroundings) => makeCardOver(rc, as, { card, patient });
        const first = await make(world).catch((error: unknown) => {
          expect(error).toMatchObject(UNREACHABLE);
          return undefined;
        });
        outcomes.add(first === undefined ? 'failed' : 'made');
        // Nothing was asked of the centre that it could have half done: the old card is good until the new one is.
        if (first === undefined && old !== undefined) {
          expect(await admin.card(old.uid)).toMatchObject({ status: 'active' });
        }
        const made = first ?? (await make(rc.surroundings));
        expect(made).toMatchObject({ status: 'active', name });
        expect(toHex(card.image.uid)).toBe(made.uid);
        const { patients } = await admin.patients({ find: name });
        expect(
          patients.map(({ cards }) => cards.map(({ uid, status, reason }) => [uid, status, reason])),
        ).toEqual([
          [[made.uid, 'active', null], ...(old === undefined ? [] : [[old.uid, 'revoked', 'replaced']])],
        ]);
        await expect(make(rc.surroundings)).rejects.toMatchObject({ code: 'card-occupied' });
      });
      expect(cuts).toBeGreaterThan(6);
      expect([...outcomes].sort()).toEqual(['failed', 'made']);
    },
  );
});

/** A card whose memory is at hand: what the reader makes of a real one is tested beside the console. */
class MemoryCard implements WritableCard {
  #slots: [Uint8Array, Uint8Array] = [new Uint8Array(216), new Uint8Array(216)];

  readSlots: WritableCard['readSlots'] = async () => this.#slots;

  writeSlot: WritableCard['writeSlot'] = async (slot, image) => {
    this.#slots[slot] = new Uint8Array(216);
    this.#slots[slot].set(image);
  };

  format: WritableCard['format'] = async () => {
    this.#slots = [new Uint8Array(216), new Uint8Array(216)];
  };

  get image(): CardImage & { readonly suite: typeof SUITE.cardea1 } {
    const { image } = currentImage(noble, this.#slots);
    if (image.suite !== SUITE.cardea1) throw new Error('another suite');
    return image;
  }
}

/** Makes a card as the console does, by a client of its own, whose patience is short. */
async function makeCardOver(
  rc: TestRc,
  surroundings: Surroundings,
  { card, patient }: Pick<RegisterCardOptions, 'card' | 'patient'>,
) {
  const identity = await rc.adminIdentity();
  const client = new RcClient({ surroundings, rc: rc.running.address, identity });
  try {
    const made = await registerCard({
      client,
      surroundings: { clock: hurriedClock(1_000), random: systemRandom },
      card,
      pin: '739105',
      patient,
      logN: 0,
      recovery: true,
      force: false,
    });
    return made.card;
  } finally {
    client.close();
  }
}
