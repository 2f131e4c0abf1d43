import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noble } from '../../../protocol/crypto/noble.ts';
import { AuthenticationError, MalformedError } from '../../../protocol/errors.ts';
import { openCard } from '../../../protocol/limbasiya/card.ts';
import { ClockError } from '../../../protocol/limbasiya/clock.ts';
import { registerHub, requestHubRegistration } from '../../../protocol/limbasiya/hub-registration.ts';
import {
  type Agreement,
  type Challenge,
  decodeChallenge,
  decodeLogin,
  encodeChallenge,
  encodeLogin,
  type Login,
  makeChallenge,
  makeLogin,
  readChallenge,
  readLogin,
} from '../../../protocol/limbasiya/service.ts';
import { flipped, thrownBy } from '../support.ts';
import { card, credentials, HashCounter, hubNamed, identity } from './patients.ts';

const hub = hubNamed('pilani');
const NOW = 1_797_765_237_355;
const VT = 600;

const login = makeLogin(noble, identity, hub, NOW);

/** The hub's answer to `changed` instead of `login`, as if it had found `identity`. */
function answer(changed: Login = login, now = NOW + 8): { challenge: Challenge; agreement: Agreement } {
  const { T2 } = readLogin(noble, hub, changed, now);
  return makeChallenge(noble, hub, identity, changed, { T2, VT });
}

function read(challenge: Challenge, T3 = NOW + 16): Agreement {
  return readChallenge(noble, identity, hub.ID, login, challenge, T3);
}

describe('message 1, at the hub', () => {
  it('names nobody when any byte of alpha is changed, or T1, or with another hub’s secret', () => {
    for (let at = 0; at < 32; at++) {
      const changed = { ...login, alpha: flipped(login.alpha, at) };
      expect(readLogin(noble, hub, changed, NOW).UID).not.toEqual(identity.UID);
    }
    expect(readLogin(noble, hub, { ...login, T1: NOW + 1 }, NOW).UID).not.toEqual(identity.UID);
    expect(readLogin(noble, hubNamed('goa-01'), login, NOW).UID).not.toEqual(identity.UID);
    expect(readLogin(noble, { ...hub, ID: 'goa-01' }, login, NOW).UID).not.toEqual(identity.UID);
  });

  it('is refused when any byte of beta is changed', () => {
    for (let at = 0; at < 32; at++) {
      const changed = { ...login, beta: flipped(login.beta, at) };
      expect(() => answer(changed)).toThrow(AuthenticationError);
    }
  });

  it('is refused with another time, another C, another UID, or at another hub', () => {
    const at = { T2: NOW, VT };
    const other = { UID: flipped(identity.UID, 0), C: flipped(identity.C, 0) };
    expect(() => answer({ ...login, T1: NOW + 1 })).toThrow(AuthenticationError);
    expect(() => makeChallenge(noble, hub, { ...identity, C: other.C }, login, at)).toThrow(
      AuthenticationError,
    );
    expect(() => makeChallenge(noble, hub, { ...identity, UID: other.UID }, login, at)).toThrow(
      AuthenticationError,
    );
    expect(() => makeChallenge(noble, hubNamed('goa-01'), identity, login, at)).toThrow(AuthenticationError);
  });

  it('is taken within ΔT of the hub’s clock, on both sides', () => {
    expect(readLogin(noble, hub, login, NOW + 1000)).toEqual({ UID: identity.UID, T2: NOW + 1000 });
    expect(readLogin(noble, hub, login, NOW - 1000)).toEqual({ UID: identity.UID, T2: NOW });
  });

  it.each([1001, -1001, 86_400_000])('is refused when the hub’s clock is %i ms ahead', (ahead) => {
    const refusal = thrownBy(() => readLogin(noble, hub, login, NOW + ahead));
    expect(refusal).toBeInstanceOf(ClockError);
    expect(refusal).toMatchObject({ code: 'clock', difference: -ahead });
    expect(String(refusal)).toContain(`${Math.abs(ahead)} ms`);
  });

  it('can be replayed within ΔT, as the scheme is', () => {
    expect(answer(login, NOW + 900).agreement).toEqual(answer(login, NOW + 1).agreement);
  });
});

describe('message 2, at the device', () => {
  it('leads to the same key on both sides, at every login of this card', () => {
    const { challenge, agreement } = answer();
    expect(read(challenge)).toEqual(agreement);
    expect(agreement).toMatchObject({ VT, Loc: hub.Loc });
    const later = makeLogin(noble, identity, hub, NOW + 5000);
    expect(later.alpha).not.toEqual(login.alpha);
    expect(answer(later, NOW + 5000).agreement.SK).toEqual(agreement.SK);
  });

  it('is refused when any byte of sigma is changed', () => {
    const { challenge } = answer();
    for (let at = 0; at < 32; at++) {
      const changed = { ...challenge, sigma: flipped(challenge.sigma, at) };
      expect(() => read(changed)).toThrow(AuthenticationError);
    }
  });

  it('is refused when VT in gamma is changed; with another Loc the keys differ', () => {
    const { challenge, agreement } = answer();
    for (let at = 0; at < 4; at++) {
      const changed = { ...challenge, gamma: flipped(challenge.gamma, at) };
      expect(() => read(changed)).toThrow(AuthenticationError);
    }
    for (let at = 4; at < 32; at++) {
      const changed = { ...challenge, gamma: flipped(challenge.gamma, at) };
      try {
        expect(read(changed).SK).not.toEqual(agreement.SK);
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedError);
      }
    }
  });

  it('is refused with another T2, an older one than T1 among them', () => {
    const { challenge } = answer();
    expect(() => read({ ...challenge, T2: challenge.T2 + 1 })).toThrow(AuthenticationError);
    expect(() => read({ ...challenge, T2: NOW })).toThrow(AuthenticationError);
    expect(() => read({ ...challenge, T2: NOW - 1 })).toThrow(AuthenticationError);
  });

  it('is refused from who has another C, or for another login', () => {
    const { challenge } = answer();
    const other = { ...identity, C: flipped(identity.C, 31) };
    const otherLogin = { ...login, beta: flipped(login.beta, 0) };
    expect(() => readChallenge(noble, other, hub.ID, login, challenge, NOW + 16)).toThrow(
      AuthenticationError,
    );
    expect(() => readChallenge(noble, identity, hub.ID, otherLogin, challenge, NOW + 16)).toThrow(
      AuthenticationError,
    );
  });

  it('is taken within ΔT of the device’s clock, on both sides, and refused beyond', () => {
    const { challenge, agreement } = answer();
    expect(read(challenge, challenge.T2 + 1000)).toEqual(agreement);
    expect(read(challenge, challenge.T2 - 1000)).toEqual(agreement);
    expect(thrownBy(() => read(challenge, challenge.T2 + 1001))).toMatchObject({ difference: -1001 });
    expect(thrownBy(() => read(challenge, challenge.T2 - 1001))).toMatchObject({
      code: 'clock',
      difference: 1001,
    });
  });
});

describe('the two messages on the wire', () => {
  it('have 72 bytes, and are read as they were written', () => {
    const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(hash, hash, fc.maxSafeNat(), (one, two, T) => {
        const message = encodeLogin({ alpha: one, beta: two, T1: T });
        expect(message).toHaveLength(72);
        expect(decodeLogin(message)).toEqual({ alpha: one, beta: two, T1: T });
        const reply = encodeChallenge({ gamma: one, sigma: two, T2: T });
        expect(reply).toEqual(message);
        expect(decodeChallenge(reply)).toEqual({ gamma: one, sigma: two, T2: T });
      }),
    );
  });

  it.each([0, 71, 73])('are malformed with %i bytes', (length) => {
    expect(() => decodeLogin(new Uint8Array(length))).toThrow(MalformedError);
    expect(() => decodeChallenge(new Uint8Array(length))).toThrow(MalformedError);
  });

  it('are malformed with a time that is no number of milliseconds', () => {
    expect(() => decodeLogin(new Uint8Array(72).fill(0xff))).toThrow(MalformedError);
  });
});

describe('what it costs', () => {
  it('is 3 hashes for a hub to register', () => {
    const counter = new HashCounter();
    const { primitives } = counter;
    const { P } = requestHubRegistration(primitives, {
      ID: 'goa-01',
      PW: new Uint8Array(12),
      r_S: new Uint8Array(16),
    });
    registerHub(primitives, { K_RC: new Uint8Array(32), P, SRT: NOW });
    expect(counter.count).toBe(3);
  });

  it('is 13 hashes a login at the device, and two more for each further block of the list, and 5 at the hub', () => {
    const device = new HashCounter();
    const { user, C } = openCard(device.primitives, card, credentials);
    const own = { UID: user.UID, C };
    const sent = makeLogin(device.primitives, own, hub, NOW);
    const atHub = new HashCounter();
    const { UID, T2 } = readLogin(atHub.primitives, hub, sent, NOW);
    const { challenge } = makeChallenge(atHub.primitives, hub, { UID, C }, sent, { T2, VT });
    readChallenge(device.primitives, own, hub.ID, sent, challenge, NOW);
    const blocks = Math.ceil(card.z.length / 32);
    expect(device.count).toBe(13 + 2 * (blocks - 1));
    expect(atHub.count).toBe(5);
  });
});
