import { describe, expect, it } from 'vitest';
import { isZero, utf8 } from '../../../protocol/bytes.ts';
import { decodeCardImage, encodeCardImage, type LimbasiyaCard } from '../../../protocol/card-image.ts';
import { noble } from '../../../protocol/crypto/noble.ts';
import { openCard, WrongCredentialsError } from '../../../protocol/limbasiya/card.ts';
import {
  makeCard,
  registerCard,
  requestCardRegistration,
} from '../../../protocol/limbasiya/card-registration.ts';
import {
  CredentialsFormatError,
  parseCredentials,
  parsePassword,
} from '../../../protocol/limbasiya/credentials.ts';
import { encodeList } from '../../../protocol/limbasiya/list.ts';
import { numberedRandom } from '../cards.ts';
import { flipped, thrownBy } from '../support.ts';
import { card, credentials, HashCounter, hubs, identity } from './patients.ts';

/** Every card that differs from `card` in one bit of one byte of that value. */
function flips(value: 'w' | 'x' | 'y' | 'e' | 'z'): LimbasiyaCard[] {
  return [...card[value].keys()].map((at) => ({ ...card, [value]: flipped(card[value], at) }));
}

describe('a card of limbasiya-2021', () => {
  it('is read from the tag as it was written, and opens', () => {
    const read = decodeCardImage(noble, encodeCardImage(noble, card));
    expect(read).toEqual(card);
    expect(openCard(noble, card, credentials).hubs).toEqual(hubs);
  });

  it('does not open with a wrong identity or a wrong password, and tells them apart for nobody', () => {
    const { ID, PW } = credentials;
    const refusals = [
      thrownBy(() => openCard(noble, card, { ID: utf8('lukasz'), PW })),
      thrownBy(() => openCard(noble, card, { ID, PW: utf8('wrong') })),
      thrownBy(() => openCard(noble, card, { ID: utf8('lukasz'), PW: utf8('wrong') })),
    ];
    for (const refusal of refusals) {
      expect(refusal).toBeInstanceOf(WrongCredentialsError);
      expect(refusal).toMatchObject({
        code: 'wrong-credentials',
        message: 'the identity or the password is wrong',
      });
    }
  });

  it.each(['w', 'y', 'e'] as const)('does not open when any byte of %s is changed', (value) => {
    for (const changed of flips(value)) {
      expect(() => openCard(noble, changed, credentials)).toThrow(WrongCredentialsError);
    }
  });

  it('opens to another C when X is changed, which E does not cover', () => {
    for (const changed of flips('x')) {
      expect(openCard(noble, changed, credentials).C).not.toEqual(identity.C);
    }
  });

  it('opens to another list, or is damaged, when Z is changed, which E does not cover', () => {
    for (const changed of flips('z')) {
      try {
        expect(openCard(noble, changed, credentials).hubs).not.toEqual(hubs);
      } catch (error) {
        expect(error).toMatchObject({ code: 'damaged-card' });
      }
    }
    const cut = { ...card, z: card.z.slice(0, -1) };
    expect(thrownBy(() => openCard(noble, cut, credentials))).toMatchObject({ code: 'damaged-card' });
  });

  it('has the A of whoever splits identity and password elsewhere, and still does not open for them', () => {
    const random = numberedRandom();
    const asked = requestCardRegistration(noble, parseCredentials('ab', 'c'), random);
    const other = requestCardRegistration(noble, parseCredentials('a', 'bc'), random);
    expect(other.A).toEqual(asked.A);
    const { C, D } = registerCard(noble, { K_RC: new Uint8Array(32), UID: asked.UID, A: asked.A }, random);
    const made = makeCard(noble, asked, { keyId: 0, C, D, List: encodeList(hubs) });
    expect(openCard(noble, made, parseCredentials('ab', 'c')).C).toEqual(C);
    expect(() => openCard(noble, made, parseCredentials('a', 'bc'))).toThrow(WrongCredentialsError);
  });

  it('may list no hub at all', () => {
    const random = numberedRandom();
    const asked = requestCardRegistration(noble, credentials, random);
    const { C, D } = registerCard(noble, { K_RC: new Uint8Array(32), UID: asked.UID, A: asked.A }, random);
    const made = makeCard(noble, asked, { keyId: 0, C, D, List: new Uint8Array(0) });
    expect(openCard(noble, made, credentials).hubs).toEqual([]);
  });

  it('leaves nothing of itself when it is wiped', () => {
    const opened = openCard(noble, card, credentials);
    const { r1, r2, A, B, UID, h_r1_PW } = opened.user;
    const secrets = [r1, r2, A, B, UID, h_r1_PW, opened.USK, opened.C, opened.List];
    secrets.push(...opened.hubs.map(({ SSK }) => SSK));
    expect(secrets.some(isZero)).toBe(false);
    opened.wipe();
    expect(secrets.every(isZero)).toBe(true);
    expect(isZero(credentials.PW)).toBe(false);
  });

  it('leaves nothing of itself when E is wrong', () => {
    const hashes: Uint8Array[] = [];
    const inputs: Uint8Array[] = [];
    const p = {
      ...noble,
      sha3_256: (data: Uint8Array) => {
        const hash = noble.sha3_256(data);
        inputs.push(data);
        hashes.push(hash);
        return hash;
      },
    };
    expect(() => openCard(p, card, { ...credentials, PW: utf8('wrong') })).toThrow(WrongCredentialsError);
    expect(inputs).toHaveLength(5);
    expect(inputs.every(isZero)).toBe(true);
    // All but the E that a wrong guess comes to.
    expect(hashes.filter((hash) => !isZero(hash))).toHaveLength(1);
  });

  it('costs what the formulas say: 11 hashes to register, and two more for each further block of the list', () => {
    const counter = new HashCounter();
    const random = numberedRandom();
    const user = requestCardRegistration(counter.primitives, credentials, random);
    const { C, D } = registerCard(
      counter.primitives,
      { K_RC: new Uint8Array(32), UID: user.UID, A: user.A },
      random,
    );
    makeCard(counter.primitives, user, { keyId: 0, C, D, List: new Uint8Array(32) });
    expect(counter.count).toBe(11);
    makeCard(counter.primitives, user, { keyId: 0, C, D, List: new Uint8Array(33) });
    expect(counter.count).toBe(11 + 6);
  });
});

describe('identity and password', () => {
  it('are refused when one of them is empty, or no text', () => {
    expect(() => parseCredentials('', 'violet')).toThrow(CredentialsFormatError);
    expect(() => parseCredentials('asha', '')).toThrow(CredentialsFormatError);
    expect(() => parseCredentials('asha\ud83d', 'violet')).toThrow(CredentialsFormatError);
    expect(() => parsePassword('')).toThrow(CredentialsFormatError);
  });

  it('are normalised, and never trimmed', () => {
    expect(parseCredentials('u\u0308', ' x ')).toEqual({ ID: utf8('\u00fc'), PW: utf8(' x ') });
  });
});
