import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, fromHex, u8, utf8 } from '../../protocol/bytes.ts';
import { noble } from '../../protocol/crypto/noble.ts';
import { MalformedError } from '../../protocol/errors.ts';
import { FRAME } from '../../protocol/frames.ts';
import {
  decodeChallenge,
  decodeLoginRequest,
  decodeTerminalId,
  encodeChallenge,
  encodeLoginBody,
  encodeLoginRequest,
  encodeTerminalId,
  loginPrologue,
  STATUS,
} from '../../protocol/login/messages.ts';
import { HandshakeState } from '../../protocol/noise/handshake-state.ts';
import { XKpsk3 } from '../../protocol/noise/patterns.ts';
import { cases, type Inputs, inputsOf, startLogin } from './login-support.ts';
import { fixedRandom } from './support.ts';

const [vector] = cases;
if (vector === undefined) throw new Error('the vectors have no case');
const inputs = inputsOf(vector);
const zeros = new Uint8Array(32);
/** Not the encoding of any element: it is above the field's prime. */
const noElement = new Uint8Array(32).fill(0xff);

/** Without normalising, which what is read need not be. */
const utf8Exactly = (text: string) => new TextEncoder().encode(text);

/** A hub that says whatever it likes, over a handshake that is right. */
function lyingHub(
  device: ReturnType<typeof startLogin>['device'],
  request: Inputs['request'],
  payload: Uint8Array,
) {
  const handshake = new HandshakeState(noble, {
    pattern: XKpsk3,
    role: 'responder',
    prologue: loginPrologue(inputs.hubHello),
    s: inputs.hubStatic,
    random: fixedRandom(inputs.hubEphemeral),
  });
  handshake.readMessage(device.login(request).subarray(2));
  return encodeLoginBody(FRAME.challenge, handshake.writeMessage(payload));
}

/** A device that says whatever it likes, over a handshake that is right. */
function lyingDevice() {
  const handshake = new HandshakeState(noble, {
    pattern: XKpsk3,
    role: 'initiator',
    prologue: loginPrologue(inputs.deviceHello),
    s: inputs.proof.cardKey,
    rs: inputs.knownHubStatic,
    random: fixedRandom(inputs.deviceEphemeral),
  });
  handshake.providePsk(inputs.expected.psk);
  return handshake;
}

describe('a device', () => {
  const { evaluated } = inputs.answer;
  const { blinded } = inputs.request;
  const goOn = (attemptsLeft: number, bytes: Uint8Array) => concat(u8(STATUS.goOn), u8(attemptsLeft), bytes);

  it.each<[string, Uint8Array, Uint8Array]>([
    ['that is no element', blinded, goOn(4, noElement)],
    ['that is the identity', blinded, goOn(4, zeros)],
    ['equal to the blinded PIN', blinded, goOn(4, blinded)],
    ['that it did not ask for', zeros, goOn(0, evaluated)],
    ['that is none, with tries, on the recovery path', zeros, goOn(4, zeros)],
    ['in a refusal', blinded, concat(u8(STATUS.locked), u8(0), evaluated)],
    ['that is none, with tries, in a refusal', blinded, concat(u8(STATUS.unknown), u8(1), zeros)],
    ['under a status that is not known', blinded, concat(u8(6), u8(0), zeros)],
    ['under status 255', blinded, concat(u8(255), u8(4), evaluated)],
  ])('refuses an evaluation %s', (_, asked, payload) => {
    const request = { ...inputs.request, blinded: asked };
    const { device, deviceSecrets } = startLogin(inputs);
    const body = lyingHub(device, request, payload);
    expect(() => device.readChallenge(body)).toThrow(MalformedError);
    expect(deviceSecrets.alive).toBe(0);
  });

  it('takes an evaluation that is right from the same hub, with no try left', () => {
    const { device } = startLogin(inputs);
    const body = lyingHub(device, inputs.request, goOn(0, evaluated));
    expect(device.readChallenge(body)).toEqual({ status: STATUS.goOn, attemptsLeft: 0, evaluated });
  });
});

describe('a hub', () => {
  it('refuses a blinded PIN that is no element, and wipes', () => {
    const { hub, hubSecrets } = startLogin(inputs);
    const payload = encodeLoginRequest({ ...inputs.request, blinded: noElement });
    const body = encodeLoginBody(FRAME.login, lyingDevice().writeMessage(payload));
    expect(() => hub.readLogin(body)).toThrow(MalformedError);
    expect(hubSecrets.alive).toBe(0);
  });

  it('refuses a terminal id that is no text, from a card that is right, and wipes', () => {
    const { hub, hubSecrets } = startLogin(inputs);
    const device = lyingDevice();
    hub.readLogin(encodeLoginBody(FRAME.login, device.writeMessage(encodeLoginRequest(inputs.request))));
    device.readMessage(hub.challenge(inputs.answer).subarray(2));
    const proof = encodeLoginBody(FRAME.proof, device.writeMessage(Uint8Array.of(0xff)));
    expect(() => hub.readProof(proof, inputs.expected)).toThrow(MalformedError);
    expect(hubSecrets.alive).toBe(0);
  });
});

describe('the payloads', () => {
  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

  it('of message 1 are read as they were written, at their one length', () => {
    const request = fc.record({ uid: bytes(16), pinVersion: fc.nat({ max: 65_535 }), blinded: bytes(32) });
    fc.assert(
      fc.property(request, (value) => {
        expect(decodeLoginRequest(encodeLoginRequest(value))).toEqual(value);
      }),
    );
    for (const length of [0, 49, 51]) {
      expect(() => decodeLoginRequest(new Uint8Array(length))).toThrow(MalformedError);
    }
  });

  it('of message 2 are read as they were written, at their one length', () => {
    const challenge = fc.oneof(
      fc.record({
        status: fc.constant(STATUS.goOn),
        attemptsLeft: fc.nat({ max: 255 }),
        evaluated: bytes(32),
      }),
      fc.record({
        status: fc.constantFrom(...Object.values(STATUS)),
        attemptsLeft: fc.constant(0),
        evaluated: fc.constant(zeros),
      }),
    );
    fc.assert(
      fc.property(challenge, (value) => {
        expect(decodeChallenge(encodeChallenge(value))).toEqual(value);
      }),
    );
    for (const length of [0, 33, 35]) {
      expect(() => decodeChallenge(new Uint8Array(length))).toThrow(MalformedError);
    }
    const short = { status: STATUS.goOn, attemptsLeft: 1, evaluated: new Uint8Array(31) };
    expect(() => encodeChallenge(short)).toThrow(MalformedError);
  });

  it('of message 3 are read as they were written, up to 32 bytes', () => {
    const terminalId = fc.string({ unit: 'grapheme', maxLength: 8 }).map((text) => text.normalize('NFC'));
    fc.assert(
      fc.property(terminalId, (value) => {
        fc.pre(utf8(value).length <= 32);
        expect(decodeTerminalId(encodeTerminalId(value))).toBe(value);
      }),
    );
    expect(() => decodeTerminalId(new Uint8Array(33).fill(0x61))).toThrow(MalformedError);
    expect(() => decodeTerminalId(Uint8Array.of(0xc3))).toThrow(MalformedError);
    // The same letter written in two: an id has one writing.
    expect(() => decodeTerminalId(Uint8Array.of(0x75, 0xcc, 0x88))).toThrow(MalformedError);
  });

  it('of random bytes are read whole, or a typed error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 30, maxLength: 55 }), (payload) => {
        for (const again of [
          () => encodeLoginRequest(decodeLoginRequest(payload)),
          () => encodeChallenge(decodeChallenge(payload)),
          () => utf8Exactly(decodeTerminalId(payload)),
        ]) {
          try {
            expect(again()).toEqual(payload);
          } catch (error) {
            expect(error).toBeInstanceOf(MalformedError);
          }
        }
      }),
    );
  });

  it('begin with the label and the whole HELLO in the prologue', () => {
    expect(loginPrologue(fromHex('0101'))).toEqual(concat(utf8('cardea-1'), fromHex('0101')));
  });
});
