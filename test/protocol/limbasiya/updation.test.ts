import { describe, expect, it } from 'vitest';
import { fromHex, utf8 } from '../../../protocol/bytes.ts';
import { DamagedCardError } from '../../../protocol/card-image.ts';
import { MAX_SEQUENCE } from '../../../protocol/constants.ts';
import { noble } from '../../../protocol/crypto/noble.ts';
import { AuthenticationError } from '../../../protocol/errors.ts';
import { openCard, WrongCredentialsError } from '../../../protocol/limbasiya/card.ts';
import { ClockError } from '../../../protocol/limbasiya/clock.ts';
import { encodeList } from '../../../protocol/limbasiya/list.ts';
import {
  changePassword,
  checkOmega,
  checkTau,
  computeOmega,
  computeTau,
  renewList,
} from '../../../protocol/limbasiya/updation.ts';
import { flipped } from '../support.ts';
import { card, credentials, hubs, identity, vector } from './patients.ts';

const NOW = 1_797_765_237_355;
const asking = { Q: fromHex(vector.hubs[0]?.Q ?? ''), SSK: fromHex(vector.hubs[0]?.SSK ?? '') };

describe('tau', () => {
  const tau = computeTau(noble, identity, NOW);

  it('is believed within ΔT, on both sides', () => {
    for (const now of [NOW - 1000, NOW, NOW + 1000]) {
      expect(() => checkTau(noble, identity, { tau, T: NOW }, now)).not.toThrow();
    }
    for (const now of [NOW - 1001, NOW + 1001]) {
      expect(() => checkTau(noble, identity, { tau, T: NOW }, now)).toThrow(ClockError);
    }
  });

  it('is not believed when any byte of it, of C or of UID is changed, or T', () => {
    for (let at = 0; at < 32; at++) {
      const other = [
        [identity, { tau: flipped(tau, at), T: NOW }],
        [
          { ...identity, C: flipped(identity.C, at) },
          { tau, T: NOW },
        ],
        [
          { ...identity, UID: flipped(identity.UID, at) },
          { tau, T: NOW },
        ],
      ] as const;
      for (const [who, asked] of other) {
        expect(() => checkTau(noble, who, asked, NOW)).toThrow(AuthenticationError);
      }
    }
    expect(() => checkTau(noble, identity, { tau, T: NOW + 1 }, NOW)).toThrow(AuthenticationError);
  });
});

describe('omega', () => {
  const omega = computeOmega(noble, asking, NOW);

  it('is believed within ΔT, on both sides', () => {
    for (const now of [NOW - 1000, NOW, NOW + 1000]) {
      expect(() => checkOmega(noble, asking, { omega, T: NOW }, now)).not.toThrow();
    }
    for (const now of [NOW - 1001, NOW + 1001]) {
      expect(() => checkOmega(noble, asking, { omega, T: NOW }, now)).toThrow(ClockError);
    }
  });

  it('is not believed when any byte of it, of Q or of SSK is changed, or T', () => {
    for (let at = 0; at < 32; at++) {
      const other = [
        [asking, { omega: flipped(omega, at), T: NOW }],
        [
          { ...asking, Q: flipped(asking.Q, at) },
          { omega, T: NOW },
        ],
        [
          { ...asking, SSK: flipped(asking.SSK, at) },
          { omega, T: NOW },
        ],
      ] as const;
      for (const [who, asked] of other) {
        expect(() => checkOmega(noble, who, asked, NOW)).toThrow(AuthenticationError);
      }
    }
    expect(() => checkOmega(noble, asking, { omega, T: NOW + 1 }, NOW)).toThrow(AuthenticationError);
  });
});

describe('a new list', () => {
  const List = encodeList(hubs.slice(1));

  it('changes Z, the sequence and nothing else', () => {
    const renewed = renewList(noble, card, credentials, List);
    expect(renewed).toEqual({ ...card, z: renewed.z, sequence: 2 });
    const opened = openCard(noble, renewed, credentials);
    expect(opened.hubs).toEqual(hubs.slice(1));
    expect(opened.C).toEqual(identity.C);
  });

  it('needs the identity and the password, and a sequence that can be raised', () => {
    const wrong = { ...credentials, PW: utf8('wrong') };
    const last = { ...card, sequence: MAX_SEQUENCE };
    expect(() => renewList(noble, card, wrong, List)).toThrow(WrongCredentialsError);
    expect(() => renewList(noble, last, credentials, List)).toThrow(DamagedCardError);
  });
});

describe('a new password', () => {
  const changed = changePassword(noble, card, credentials, utf8('another one'));

  it('opens the card to what it held before', () => {
    const opened = openCard(noble, changed, { ...credentials, PW: utf8('another one') });
    expect(opened.C).toEqual(identity.C);
    expect(opened.user.UID).toEqual(identity.UID);
    expect(opened.hubs).toEqual(hubs);
    expect(changed.sequence).toBe(2);
  });

  it('shuts the old one out, of the new image alone', () => {
    expect(() => openCard(noble, changed, credentials)).toThrow(WrongCredentialsError);
    expect(openCard(noble, card, credentials).C).toEqual(identity.C);
  });

  it('needs the old one, and a sequence that can be raised', () => {
    const wrong = { ...credentials, PW: utf8('wrong') };
    const last = { ...card, sequence: MAX_SEQUENCE };
    expect(() => changePassword(noble, card, wrong, utf8('another one'))).toThrow(WrongCredentialsError);
    expect(() => changePassword(noble, last, credentials, utf8('another one'))).toThrow(DamagedCardError);
  });
});
