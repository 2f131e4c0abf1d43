import { describe, expect, it } from 'vitest';
import type { Membership } from '../../../rc/store/members.ts';
import type { RcStore } from '../../../rc/store/rc-store.ts';
import type { TokenVerdict } from '../../../rc/store/tokens.ts';
import { bytes32, NOW, origin, storeFixture } from './fixture.ts';

const HUB: Membership = { kind: 'hub', id: 'margao', location: 'Margao', address: 'margao.example:8441' };
const DAY = 24 * 60 * 60 * 1000;

function mint(store: RcStore, secret: string, member: Membership = HUB): Promise<boolean> {
  const expires = NOW + DAY;
  return store.tokens.mint({ secretHash: bytes32(secret), member, expires, origin: origin('first') });
}

interface Attempt {
  readonly joiner?: string;
  readonly kind?: Membership['kind'];
  readonly now?: number;
  readonly certificate?: string;
}

function redeem(store: RcStore, secret: string, attempt: Attempt = {}): Promise<TokenVerdict> {
  const certificate = bytes32(attempt.certificate ?? 'tls certificate');
  return store.tokens.redeem(
    {
      secretHash: bytes32(secret),
      kind: attempt.kind ?? 'hub',
      joiner: bytes32(attempt.joiner ?? 'joiner'),
      now: attempt.now ?? NOW,
      from: '192.0.2.8',
    },
    {
      tls: certificate,
      hub: bytes32('hub certificate'),
      fingerprint: certificate,
      key: bytes32('key'),
      expires: NOW + 90 * DAY,
    },
  );
}

describe('a join token', () => {
  it('lets its bearer in as what the operator wrote', async () => {
    const { store } = await storeFixture();
    expect(await mint(store, 'secret')).toBe(true);
    expect(await redeem(store, 'secret')).toMatchObject({ outcome: 'redeemed', member: HUB });
    expect(await store.members.findByCertificate(bytes32('tls certificate'))).toEqual({
      member: HUB,
      expires: NOW + 90 * DAY,
      used: false,
      superseded: false,
      revoked: false,
    });
  });

  it('gives the same joiner the same certificates again, after a restart and after its end too', async () => {
    const fixture = await storeFixture();
    await mint(fixture.store, 'secret');
    await redeem(fixture.store, 'secret');
    const again = await redeem(fixture.reopen(), 'secret', { certificate: 'another', now: NOW + 2 * DAY });
    expect(again.outcome).toBe('redeemed');
    if (again.outcome !== 'redeemed') return;
    expect(Buffer.from(again.certificates.tls)).toEqual(Buffer.from(bytes32('tls certificate')));
    expect(await fixture.store.members.findByCertificate(bytes32('another'))).toBeUndefined();
  });

  it('is worth nothing to another joiner once used', async () => {
    const { store } = await storeFixture();
    await mint(store, 'secret');
    await redeem(store, 'secret');
    expect(await redeem(store, 'secret', { joiner: 'thief' })).toEqual({
      outcome: 'refused',
      fault: 'used',
      id: 'margao',
    });
  });

  it('ends at its expiry, to the millisecond', async () => {
    const { store } = await storeFixture();
    await mint(store, 'secret');
    expect(await redeem(store, 'secret', { now: NOW + DAY })).toMatchObject({ fault: 'expired' });
    expect(await redeem(store, 'secret', { now: NOW + DAY - 1 })).toMatchObject({ outcome: 'redeemed' });
  });

  it('is refused when nobody minted it, and to a joiner of another kind', async () => {
    const { store } = await storeFixture();
    await mint(store, 'secret');
    expect(await redeem(store, 'guess')).toEqual({ outcome: 'refused', fault: 'unknown', id: null });
    expect(await redeem(store, 'secret', { kind: 'device' })).toMatchObject({ fault: 'of another kind' });
  });

  it('takes the place of an unused one for the same id', async () => {
    const { store } = await storeFixture();
    await mint(store, 'first secret');
    await mint(store, 'second secret');
    expect(await redeem(store, 'first secret')).toMatchObject({ fault: 'replaced' });
    expect(await redeem(store, 'second secret')).toMatchObject({ outcome: 'redeemed' });
  });

  it('is not minted for an id that was ever taken, by whatever kind of member', async () => {
    const { store } = await storeFixture();
    expect(await mint(store, 'secret', { kind: 'device', id: 'goa-01' })).toBe(false);
    expect(await redeem(store, 'secret', { kind: 'device' })).toMatchObject({ fault: 'unknown' });
  });

  it('leaves nothing behind when the certificate cannot be kept', async () => {
    const { store } = await storeFixture();
    await mint(store, 'secret');
    // The fingerprint is one that the registry has already.
    await expect(redeem(store, 'secret', { certificate: 'desk' })).rejects.toThrow(/UNIQUE/);
    expect(await store.members.count()).toMatchObject({ hubs: 2 });
    expect(await redeem(store, 'secret')).toMatchObject({ outcome: 'redeemed' });
  });
});
