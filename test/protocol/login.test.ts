import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, fromHex, fromUtf8, isZero, toHex, utf8 } from '../../protocol/bytes.ts';
import {
  AuthenticationError,
  MalformedError,
  ProtocolError,
  UnsupportedError,
  WrongTurnError,
} from '../../protocol/errors.ts';
import { decodeBody, encodeBody, FRAME } from '../../protocol/frames.ts';
import { type Refusal, STATUS } from '../../protocol/login/messages.ts';
import { encodeWelcome } from '../../protocol/welcome.ts';
import {
  callersKeys,
  cases,
  type Inputs,
  inputsOf,
  keyPair,
  type Run,
  recoveryOf,
  runUpTo,
  startLogin,
  vector,
} from './login-support.ts';
import { flipped, thrownBy } from './support.ts';

const READERS = [
  [1, 'LOGIN', ({ hub }: Run, body: Uint8Array) => hub.readLogin(body)],
  [2, 'CHALLENGE', ({ device }: Run, body: Uint8Array) => device.readChallenge(body)],
  [3, 'PROOF', ({ hub }: Run, body: Uint8Array) => hub.readProof(body, inputsOf(vector).expected)],
  [4, 'WELCOME', ({ device }: Run, body: Uint8Array) => device.readWelcome(body)],
] as const;

/** The secrets of whoever reads body `upTo`. */
const readersSecrets = (run: Run, upTo: number) => (upTo % 2 === 1 ? run.hubSecrets : run.deviceSecrets);

describe.each(cases.map((login, i) => [i, login] as const))('the login of vector %i', (_, login) => {
  it('is byte for byte the one of the independent program, at both ends', () => {
    const inputs = inputsOf(login);
    const { device, hub, deviceSecrets, hubSecrets } = startLogin(inputs);
    const expected = login.login;

    const loginBody = device.login(inputs.request);
    expect(toHex(loginBody)).toBe(expected.login);
    expect(hub.readLogin(fromHex(expected.login))).toEqual({ ...inputs.request, recovery: false });

    const challenge = hub.challenge(inputs.answer);
    expect(toHex(challenge)).toBe(expected.challenge);
    expect(device.readChallenge(challenge)).toEqual({ status: STATUS.goOn, ...inputs.answer });

    const proof = device.prove(inputs.proof);
    expect(toHex(proof)).toBe(expected.proof);
    const accepted = hub.readProof(proof, inputs.expected);
    expect(accepted.terminalId).toBe(expected.terminal_id);

    const keys = expected.device_to_hub + expected.hub_to_device;
    for (const secrets of [deviceSecrets, hubSecrets]) {
      expect(secrets.hashes.map(toHex)).toContain(expected.handshake_hash);
      expect(toHex(secrets.derived.at(-1) ?? new Uint8Array(0))).toBe(keys);
    }
    expect(accepted.session.fingerprint).toBe(expected.handshake_hash.slice(0, 16));

    const welcome = encodeBody(FRAME.welcome, accepted.session.seal(encodeWelcome(inputs.welcome)));
    expect(toHex(welcome)).toBe(expected.welcome);
    const welcomed = device.readWelcome(welcome);
    expect(welcomed.welcome).toEqual(inputs.welcome);
    expect(welcomed.session.fingerprint).toBe(accepted.session.fingerprint);

    const data = encodeBody(FRAME.data, welcomed.session.seal(utf8(expected.first_data_plain)));
    expect(toHex(data)).toBe(expected.first_data);
    expect(fromUtf8(accepted.session.open(decodeBody(FRAME.data, data)))).toBe(expected.first_data_plain);
  });

  it('leaves nothing behind but the session, and never touches its callers’ keys', () => {
    const inputs = inputsOf(login);
    const before = callersKeys(inputs);
    const run = runUpTo(4, inputs);
    run.hubSession?.wipe();
    expect(run.hubSecrets.alive).toBe(0);

    const { session } = run.device.readWelcome(run.body);
    session.wipe();
    const left = run.deviceSecrets.secrets.filter((secret) => !isZero(secret));
    // The WELCOME itself is no secret of the handshake.
    expect(left.map(toHex)).toEqual([toHex(encodeWelcome(inputs.welcome))]);
    expect(callersKeys(inputs)).toEqual(before);
  });
});

describe.each(READERS)('body %i, %s', (upTo, _, read) => {
  /** Reads `changed` instead of the right body: refused by a typed error, everything wiped, for ever. */
  function expectRefused(changed: (body: Uint8Array) => Uint8Array): ProtocolError {
    const run = runUpTo(upTo);
    const error = thrownBy(() => read(run, changed(run.body)));
    expect(error).toBeInstanceOf(ProtocolError);
    expect(readersSecrets(run, upTo).alive).toBe(0);
    expect(() => read(run, run.body)).toThrow(WrongTurnError);
    return error as ProtocolError;
  }

  const { length } = runUpTo(upTo).body;

  it('is refused with any of its bytes changed', () => {
    for (let at = 0; at < length; at++) expectRefused((body) => flipped(body, at));
  });

  it('is refused cut at any length, and lengthened', () => {
    for (let at = 0; at < length; at++) expectRefused((body) => body.slice(0, at));
    expectRefused((body) => concat(body, Uint8Array.of(0)));
    expectRefused((body) => concat(body, new Uint8Array(1_000)));
  });

  it('is refused when it comes twice', () => {
    const run = runUpTo(upTo);
    read(run, run.body);
    expect(() => read(run, run.body)).toThrow(WrongTurnError);
  });

  it('is refused when it is another body of the same login', () => {
    for (const other of [1, 2, 3, 4] as const) {
      if (other === upTo) continue;
      const wrong = runUpTo(other).body;
      expectRefused(() => wrong);
      // Nor does another type byte make it one.
      expectRefused((body) => concat(body.slice(0, 1), wrong.slice(1)));
    }
  });

  it('is refused when it is that of another login', () => {
    const inputs = { ...inputsOf(vector), deviceEphemeral: '41'.repeat(32), hubEphemeral: '42'.repeat(32) };
    inputs.hubHello = flipped(inputs.hubHello, 5);
    inputs.deviceHello = inputs.hubHello;
    const other = runUpTo(upTo, inputs).body;
    expect(expectRefused(() => other)).toBeInstanceOf(AuthenticationError);
  });

  it('is refused when it is random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: length, maxLength: length }), fc.boolean(), (bytes, started) => {
        expectRefused((body) => (started ? concat(body.slice(0, 2), bytes.slice(2)) : bytes));
      }),
      { numRuns: 20 },
    );
  });
});

describe('a login', () => {
  it.each([
    ['LOGIN', 1],
    ['CHALLENGE', 2],
    ['PROOF', 3],
  ] as const)('of another suite is told as such, at %s', (_, upTo) => {
    const run = runUpTo(upTo);
    run.body[1] = 0x01;
    expect(() => READERS[upTo - 1]?.[2](run, run.body)).toThrow(UnsupportedError);
  });

  it('is refused by a hub with another static key than the device knows', () => {
    const inputs = inputsOf(vector);
    const { device, hub } = startLogin({ ...inputs, hubStatic: keyPair(new Uint8Array(32).fill(5)) });
    expect(() => hub.readLogin(device.login(inputs.request))).toThrow(AuthenticationError);
  });

  it('is refused by a hub that sent another HELLO', () => {
    const inputs = inputsOf(vector);
    const { device, hub } = startLogin({ ...inputs, hubHello: flipped(inputs.hubHello, 40) });
    expect(() => hub.readLogin(device.login(inputs.request))).toThrow(AuthenticationError);
  });

  it('cannot be replayed on a connection with a HELLO of its own', () => {
    const { body } = runUpTo(1);
    const inputs = inputsOf(vector);
    const { hub } = startLogin({ ...inputs, hubHello: flipped(inputs.hubHello, 2) });
    expect(() => hub.readLogin(body)).toThrow(AuthenticationError);
  });

  it.each<[string, (inputs: Inputs) => Inputs]>([
    ['another psk', (inputs) => ({ ...inputs, expected: { ...inputs.expected, psk: new Uint8Array(32) } })],
    ['another usk', (inputs) => ({ ...inputs, proof: { ...inputs.proof, usk: new Uint8Array(32) } })],
    ['the psk of another hub', (inputs) => ({ ...inputs, hubId: 'goa-02' })],
    [
      'another card key',
      (inputs) => ({ ...inputs, proof: { ...inputs.proof, cardKey: keyPair(new Uint8Array(32).fill(6)) } }),
    ],
    [
      'another encoding of the right card key',
      ({ proof, ...inputs }) => {
        // X25519 leaves the highest bit out, so that every computation still comes out right.
        const publicKey = proof.cardKey.publicKey.map((byte, i) => (i === 31 ? byte ^ 0x80 : byte));
        return { ...inputs, proof: { ...proof, cardKey: { ...proof.cardKey, publicKey } } };
      },
    ],
    [
      'a card key of which only the public half is right',
      ({ proof, ...inputs }) => {
        const cardKey = { ...proof.cardKey, privateKey: new Uint8Array(32).fill(6) };
        return { ...inputs, proof: { ...proof, cardKey } };
      },
    ],
  ])('is refused with %s, and nothing is left of it', (_, change) => {
    const inputs = change(inputsOf(vector));
    const { hub, body, hubSecrets } = runUpTo(3, inputs);
    expect(() => hub.readProof(body, inputs.expected)).toThrow(AuthenticationError);
    expect(hubSecrets.alive).toBe(0);
    expect(() => hub.readProof(body, inputsOf(vector).expected)).toThrow(WrongTurnError);
  });

  it('says which of the expected card keys was shown, and is refused where it was none of them', () => {
    const { expected, proof } = inputsOf(vector);
    const others = [7, 8].map((byte) => keyPair(new Uint8Array(32).fill(byte)).publicKey);
    const { hub, body } = runUpTo(3);
    const expectedStatics = [...others, proof.cardKey.publicKey];
    const { cardStatic } = hub.readProof(body, { ...expected, expectedStatics });
    expect(cardStatic).toEqual(proof.cardKey.publicKey);
    for (const wrong of [others, []]) {
      const run = runUpTo(3);
      expect(() => run.hub.readProof(run.body, { ...expected, expectedStatics: wrong })).toThrow(
        AuthenticationError,
      );
      expect(run.hubSecrets.alive).toBe(0);
    }
  });

  it('is refused by a device in which the keys do not match those of the hub, at the WELCOME', () => {
    const inputs = inputsOf(vector);
    const { device, deviceSecrets } = runUpTo(3);
    const other = runUpTo(4, { ...inputs, deviceEphemeral: '41'.repeat(32) });
    expect(() => device.readWelcome(other.body)).toThrow(AuthenticationError);
    expect(deviceSecrets.alive).toBe(0);
  });

  it('ends when the random source fails', () => {
    const { device } = startLogin({ ...inputsOf(vector), deviceEphemeral: '' });
    expect(() => device.login(inputsOf(vector).request)).toThrow('no 32 random bytes');
    expect(() => device.login(inputsOf(vector).request)).toThrow(WrongTurnError);
  });

  it('carries a terminal id of 0 to 32 bytes, and no longer one', () => {
    for (const terminalId of ['', 'x'.repeat(32), 'é'.repeat(16)]) {
      const inputs = inputsOf(vector);
      const run = runUpTo(3, { ...inputs, proof: { ...inputs.proof, terminalId } });
      expect(run.hub.readProof(run.body, inputs.expected).terminalId).toBe(terminalId);
    }
    const { device, body, deviceSecrets } = runUpTo(2);
    device.readChallenge(body);
    const { proof } = inputsOf(vector);
    expect(() => device.prove({ ...proof, terminalId: 'x'.repeat(33) })).toThrow(MalformedError);
    expect(deviceSecrets.alive).toBe(0);
  });

  it('refuses a UID, a blinded PIN or a hub key of another length', () => {
    const { request, ...inputs } = inputsOf(vector);
    for (const wrong of [
      { ...request, uid: new Uint8Array(15) },
      { ...request, blinded: new Uint8Array(33) },
    ]) {
      const { device } = startLogin({ ...inputs, request });
      expect(() => device.login(wrong)).toThrow(MalformedError);
    }
    expect(() => startLogin({ ...inputs, request, knownHubStatic: new Uint8Array(31) })).toThrow(
      MalformedError,
    );
  });
});

describe('a refusal', () => {
  const refusals = Object.entries(STATUS).filter(([, status]) => status !== STATUS.goOn);

  it.each(refusals)('says %s, ends the login at both ends and carries nothing else', (_, status) => {
    const { device, hub, body, deviceSecrets, hubSecrets } = runUpTo(1);
    hub.readLogin(body);
    const answer = hub.refuse(status as Refusal);
    expect(answer).toHaveLength(84);
    expect(hubSecrets.alive).toBe(0);
    expect(() => hub.readProof(body, inputsOf(vector).expected)).toThrow(WrongTurnError);

    expect(device.readChallenge(answer)).toEqual({
      status,
      attemptsLeft: 0,
      evaluated: new Uint8Array(32),
    });
    expect(deviceSecrets.alive).toBe(0);
    expect(() => device.prove(inputsOf(vector).proof)).toThrow(WrongTurnError);
  });
});

describe('the recovery path', () => {
  it('goes through with the recovery key and without an evaluation', () => {
    const inputs = recoveryOf(inputsOf(vector));
    const { device, hub } = startLogin(inputs);
    expect(hub.readLogin(device.login(inputs.request)).recovery).toBe(true);
    expect(device.readChallenge(hub.challenge())).toEqual({ status: STATUS.goOn, ...inputs.answer });
    const { session } = hub.readProof(device.prove(inputs.proof), inputs.expected);
    const welcome = encodeBody(FRAME.welcome, session.seal(encodeWelcome(inputs.welcome)));
    expect(device.readWelcome(welcome).welcome).toEqual(inputs.welcome);
  });

  it('takes the zeros also when they are given', () => {
    const inputs = recoveryOf(inputsOf(vector));
    const run = runUpTo(2, inputs);
    expect(run.device.readChallenge(run.body)).toEqual({ status: STATUS.goOn, ...inputs.answer });
  });

  it('evaluates nothing: a hub that would is stopped', () => {
    for (const answer of [inputsOf(vector).answer, { attemptsLeft: 1, evaluated: new Uint8Array(32) }]) {
      const inputs = recoveryOf(inputsOf(vector));
      const { hub, body, hubSecrets } = runUpTo(1, inputs);
      hub.readLogin(body);
      expect(() => hub.challenge(answer)).toThrow(MalformedError);
      expect(hubSecrets.alive).toBe(0);
    }
  });

  it('is not taken by mistake: a hub with nothing evaluated is stopped', () => {
    const { hub, body } = runUpTo(1);
    hub.readLogin(body);
    expect(() => hub.challenge()).toThrow(MalformedError);
    expect(() => hub.refuse(STATUS.locked)).toThrow(WrongTurnError);
  });
});
