import { beforeEach, describe, expect, it } from 'vitest';
import { concat, isZero, u8, utf8 } from '../../../protocol/bytes.ts';
import { noble } from '../../../protocol/crypto/noble.ts';
import type { Primitives } from '../../../protocol/crypto/primitives.ts';
import {
  AuthenticationError,
  MalformedError,
  ProtocolError,
  UnsupportedError,
  WrongTurnError,
} from '../../../protocol/errors.ts';
import { encodeBody, FRAME } from '../../../protocol/frames.ts';
import { ClockError } from '../../../protocol/limbasiya/clock.ts';
import { LimbasiyaDeviceLogin } from '../../../protocol/limbasiya/device-login.ts';
import { LimbasiyaHubLogin } from '../../../protocol/limbasiya/hub-login.ts';
import { encodeLoginBody, openTransport } from '../../../protocol/limbasiya/login-body.ts';
import { decodeChallenge, makeLogin, readChallenge } from '../../../protocol/limbasiya/service.ts';
import { encodeWelcome } from '../../../protocol/welcome.ts';
import { flipped } from '../support.ts';
import { hubNamed, identity } from './patients.ts';

const NOW = 1_797_765_237_355;
const VT = 600;
const hello = concat(u8(FRAME.hello), utf8('a hello of this connection'));
const listed = hubNamed('pilani');
const WELCOME = { sessionId: new Uint8Array(16).fill(9), validitySeconds: VT, failed: 0, location: 'Pilani' };

let keys: Uint8Array[];
let p: Primitives;
let device: LimbasiyaDeviceLogin;
let hub: LimbasiyaHubLogin;

beforeEach(() => {
  keys = [];
  p = {
    ...noble,
    sha3_256: (data) => keep(noble.sha3_256(data)),
    hkdf: (ikm, ...input) => keep(noble.hkdf(keep(ikm), ...input)),
    seal: (key, ...input) => noble.seal(keep(key), ...input),
    open: (key, ...input) => noble.open(keep(key), ...input),
  };
  device = new LimbasiyaDeviceLogin(p, { hello, card: identity, hub: listed });
  hub = new LimbasiyaHubLogin(p, { hello, hub: listed });
});

function keep(secret: Uint8Array): Uint8Array {
  keys.push(secret);
  return secret;
}

/** Up to the challenge. */
function challenge(): Uint8Array {
  expect(hub.readLogin(device.login(NOW), NOW + 5)).toEqual(identity.UID);
  return hub.challenge({ C: identity.C, VT });
}

describe('a login under limbasiya-2021', () => {
  it('ends with a session in which both sides understand each other', () => {
    expect(device.readChallenge(challenge(), NOW + 9)).toEqual({ VT, Loc: listed.Loc });
    const hubSession = hub.readProof(device.prove());
    const welcome = encodeBody(FRAME.welcome, hubSession.seal(encodeWelcome(WELCOME)));
    const { welcome: read, session } = device.readWelcome(welcome);
    expect(read).toEqual(WELCOME);
    expect(session.fingerprint).toBe(hubSession.fingerprint);
    expect(hubSession.open(session.seal(utf8('hello')))).toEqual(utf8('hello'));
    expect(session.open(hubSession.seal(utf8('hello yourself')))).toEqual(utf8('hello yourself'));
    device.wipe();
    hub.wipe();
    expect(hubSession.open(session.seal(utf8('still there')))).toEqual(utf8('still there'));
  });

  it('has other transport keys under another HELLO, though SK is the same', () => {
    const elsewhere = new LimbasiyaHubLogin(noble, { hello: flipped(hello, 3), hub: listed });
    elsewhere.readLogin(device.login(NOW), NOW);
    device.readChallenge(elsewhere.challenge({ C: identity.C, VT }), NOW);
    expect(() => elsewhere.readProof(device.prove())).toThrow(AuthenticationError);
  });

  it('is refused by the hub when any byte of the LOGIN is changed', () => {
    const login = device.login(NOW);
    for (let at = 0; at < login.length; at++) {
      const other = new LimbasiyaHubLogin(noble, { hello, hub: listed });
      expect(() => {
        const UID = other.readLogin(flipped(login, at), NOW);
        // The hub would not know that UID; here it is taken for the card's all the same.
        expect(UID).toHaveLength(32);
        other.challenge({ C: identity.C, VT });
      }, `byte ${at}`).toThrow(/suite|type|clocks|beta|out of range/);
    }
  });

  it('never ends well when any byte of the CHALLENGE is changed', () => {
    const login = device.login(NOW);
    hub.readLogin(login, NOW);
    const body = hub.challenge({ C: identity.C, VT });
    for (let at = 0; at < body.length; at++) {
      const other = new LimbasiyaDeviceLogin(noble, { hello, card: identity, hub: listed });
      const answering = new LimbasiyaHubLogin(noble, { hello, hub: listed });
      answering.readLogin(other.login(NOW), NOW);
      answering.challenge({ C: identity.C, VT });
      expect(() => {
        other.readChallenge(flipped(body, at), NOW);
        answering.readProof(other.prove());
      }, `byte ${at}`).toThrow(ProtocolError);
    }
  });

  it('is refused by the hub when any byte of the PROOF is changed', () => {
    device.readChallenge(challenge(), NOW + 9);
    const proof = device.prove();
    expect(proof).toHaveLength(1 + 1 + 16);
    for (let at = 0; at < proof.length; at++) {
      const answering = new LimbasiyaHubLogin(noble, { hello, hub: listed });
      answering.readLogin(
        new LimbasiyaDeviceLogin(noble, { hello, card: identity, hub: listed }).login(NOW),
        NOW + 5,
      );
      answering.challenge({ C: identity.C, VT });
      expect(() => answering.readProof(flipped(proof, at)), `byte ${at}`).toThrow(
        at === 0 ? MalformedError : at === 1 ? UnsupportedError : AuthenticationError,
      );
    }
  });

  it('is refused by the hub when the PROOF says something', () => {
    const login = device.login(NOW);
    hub.readLogin(login, NOW);
    const body = hub.challenge({ C: identity.C, VT });
    const sent = makeLogin(noble, identity, listed, NOW);
    const agreement = readChallenge(noble, identity, listed.ID, sent, decodeChallenge(body.subarray(2)), NOW);
    const session = openTransport(noble, 'device', agreement.SK, { hello, login, challenge: body });
    const proof = encodeLoginBody(FRAME.proof, session.seal(utf8('x')));
    expect(() => hub.readProof(proof)).toThrow('a proof says nothing');
  });

  it('is refused outside ΔT on either side', () => {
    expect(() => hub.readLogin(device.login(NOW), NOW + 1001)).toThrow(ClockError);
    const late = new LimbasiyaDeviceLogin(noble, { hello, card: identity, hub: listed });
    const punctual = new LimbasiyaHubLogin(noble, { hello, hub: listed });
    punctual.readLogin(late.login(NOW), NOW);
    expect(() => late.readChallenge(punctual.challenge({ C: identity.C, VT }), NOW + 1001)).toThrow(
      ClockError,
    );
  });

  it('is refused with the C of another card', () => {
    hub.readLogin(device.login(NOW), NOW);
    expect(() => hub.challenge({ C: flipped(identity.C, 0), VT })).toThrow(AuthenticationError);
  });

  it('refuses bodies of another suite, another type, or another length', () => {
    const login = device.login(NOW);
    const fresh = () => new LimbasiyaHubLogin(noble, { hello, hub: listed });
    expect(() => fresh().readLogin(login.with(1, 2), NOW)).toThrow(UnsupportedError);
    expect(() => fresh().readLogin(login.with(0, FRAME.proof), NOW)).toThrow(MalformedError);
    expect(() => fresh().readLogin(login.slice(0, -1), NOW)).toThrow(MalformedError);
    expect(() => fresh().readLogin(concat(login, u8(0)), NOW)).toThrow(MalformedError);
    expect(() => fresh().readLogin(new Uint8Array(0), NOW)).toThrow(MalformedError);
  });

  it('has its steps in one order, and a step out of turn is its end', () => {
    expect(() => device.prove()).toThrow(WrongTurnError);
    expect(() => device.login(NOW)).toThrow(WrongTurnError);
    expect(() => hub.challenge({ C: identity.C, VT })).toThrow(WrongTurnError);
    expect(() => hub.readLogin(new Uint8Array(74), NOW)).toThrow(WrongTurnError);
  });

  it('does not answer the same LOGIN twice on one connection', () => {
    const login = device.login(NOW);
    hub.readLogin(login, NOW);
    expect(() => hub.readLogin(login, NOW)).toThrow(WrongTurnError);
  });

  it('keeps no key of a login that failed', () => {
    device.readChallenge(challenge(), NOW + 9);
    expect(() => hub.readProof(flipped(device.prove(), 5))).toThrow(AuthenticationError);
    expect(() => device.readWelcome(encodeBody(FRAME.welcome, new Uint8Array(40)))).toThrow(
      AuthenticationError,
    );
    const transport = keys.slice(-2);
    expect(transport.every(isZero)).toBe(true);
  });

  it('keeps no key of a login that was given up', () => {
    device.readChallenge(challenge(), NOW + 9);
    const proof = device.prove();
    device.wipe();
    hub.wipe();
    // HKDF on either side: SK went in, the two transport keys came out; the last is what sealed the proof.
    expect(keys.filter((key) => key.length === 64)).toHaveLength(2);
    expect(keys.slice(-3).every(isZero)).toBe(true);
    expect(keys.filter((key) => key.length === 64).every(isZero)).toBe(true);
    expect(() => hub.readProof(proof)).toThrow(WrongTurnError);
  });

  it('leaves the card’s and the hub’s own values to their owners', () => {
    device.wipe();
    hub.wipe();
    expect(isZero(identity.C)).toBe(false);
    expect(isZero(listed.SSK)).toBe(false);
  });
});
