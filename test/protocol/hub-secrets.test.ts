import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noble } from '../../protocol/crypto/noble.ts';
import { HubSecrets } from '../../protocol/hub-secrets.ts';
import { hubCardSecrets } from '../../protocol/registration.ts';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const card = fc.record({ uid: bytes(16), patientId: bytes(16), keyId: fc.nat(2) });
const hubId = fc.stringMatching(/^[a-z0-9-]{3,32}$/);

describe('the secrets of many cards for one hub', () => {
  it('are those that each card has by itself, under every master key', () => {
    const keys = fc.tuple(bytes(32), bytes(32), bytes(32));
    fc.assert(
      fc.property(keys, hubId, fc.array(card, { minLength: 1, maxLength: 4 }), (masterKeys, hub, cards) => {
        const masterKey = (keyId: number) => masterKeys[keyId] ?? new Uint8Array(32);
        const secrets = new HubSecrets(noble, masterKey, hub);
        // All of them first: what one card is given must not change with the next.
        const derived = cards.map((one) => secrets.of(one));
        const alone = cards.map(({ uid, patientId, keyId }) =>
          hubCardSecrets(noble, {
            masterKey: masterKey(keyId),
            masterKey0: masterKey(0),
            uid,
            patientId,
            hubId: hub,
          }),
        );
        expect(derived).toEqual(alone);
      }),
      { numRuns: 30 },
    );
  });
});
