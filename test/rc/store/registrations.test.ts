import { describe, expect, it } from 'vitest';
import { toHex } from '../../../protocol/bytes.ts';
import { REGISTRATION_LIFE_MS } from '../../../rc/store/registrations.ts';
import { begin, bytes16, bytes32, changes, complete, NOW, registered, storeFixture } from './fixture.ts';

describe('a registration', () => {
  it('makes a card of a new patient and puts it on the feed', async () => {
    const { store } = await storeFixture();
    const card = await registered(store);
    expect(card).toMatchObject({
      suite: 2,
      name: 'Asha Naik',
      record: 'GOA/17',
      pinVersion: 1,
      locked: false,
      registered: NOW,
      registeredBy: 'desk',
      revoked: null,
      reason: null,
    });
    expect(await changes(store)).toEqual([[1, toHex(card.uid)]]);
  });

  it('is answered alike when the same step comes again, also long after', async () => {
    const fixture = await storeFixture();
    const id = await begin(fixture.store);
    const first = await complete(fixture.store, id);
    const again = await complete(fixture.reopen(), id, { now: NOW + 10 * REGISTRATION_LIFE_MS });
    expect(again).toEqual({ ...first, outcome: 'repeated' });
    expect(await changes(fixture.store)).toHaveLength(1);
  });

  it('is refused with another key, and the card stays as it was', async () => {
    const { store } = await storeFixture();
    const id = await begin(store);
    const first = await complete(store, id);
    expect(await complete(store, id, { cs: bytes32('another cs') })).toEqual({ outcome: 'conflict' });
    expect(await complete(store, id)).toEqual({ ...first, outcome: 'repeated' });
  });

  it('is good for the operator who began it, and nobody else', async () => {
    const { store } = await storeFixture();
    const id = await begin(store, 'desk');
    expect(await complete(store, id, { operator: 'first' })).toEqual({ outcome: 'unknown' });
    expect(await complete(store, id)).toMatchObject({ outcome: 'registered' });
    expect(await complete(store, id, { operator: 'first' })).toEqual({ outcome: 'unknown' });
  });

  it('is over after ten minutes', async () => {
    const { store } = await storeFixture();
    const id = await begin(store);
    expect(await complete(store, id, { now: NOW + REGISTRATION_LIFE_MS })).toEqual({ outcome: 'unknown' });
    expect(await complete(store, id, { now: NOW + REGISTRATION_LIFE_MS - 1 })).toMatchObject({
      outcome: 'registered',
    });
  });

  it('of a patient who has a card ends that card by the same act', async () => {
    const { store } = await storeFixture();
    const lost = await registered(store);
    const found = await registered(store, lost.patientId);
    expect(found).toMatchObject({ name: 'Asha Naik', revoked: null });
    expect(await store.cards.find(lost.uid)).toMatchObject({ revoked: NOW, reason: 'replaced' });
    expect(await changes(store)).toEqual([
      [2, toHex(lost.uid)],
      [3, toHex(found.uid)],
    ]);
  });

  it('of a patient who does not exist registers nothing', async () => {
    const { store } = await storeFixture();
    const id = await begin(store);
    expect(await complete(store, id, { existing: bytes16('nobody') })).toEqual({
      outcome: 'patient unknown',
    });
    expect(await changes(store)).toEqual([]);
  });

  it('that fails half way leaves the earlier card as it was', async () => {
    const { store } = await storeFixture();
    const lost = await registered(store);
    const id = await begin(store);
    // A key of a wrong length violates the schema after the earlier card was revoked.
    await expect(complete(store, id, { existing: lost.patientId, cs: new Uint8Array(31) })).rejects.toThrow(
      /CHECK/,
    );
    expect(await store.cards.find(lost.uid)).toMatchObject({ revoked: null });
    expect(await changes(store)).toHaveLength(1);
  });
});
