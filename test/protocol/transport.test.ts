import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, fromUtf8, isZero, toHex, utf8 } from '../../protocol/bytes.ts';
import { noble } from '../../protocol/crypto/noble.ts';
import {
  AuthenticationError,
  MalformedError,
  NonceExhaustedError,
  WrongTurnError,
} from '../../protocol/errors.ts';
import { encodeBody, encodeFrame, FRAME } from '../../protocol/frames.ts';
import { CipherState, MAX_NONCE } from '../../protocol/noise/cipher-state.ts';
import { MAX_PLAINTEXT, Transport } from '../../protocol/transport.ts';
import { decodeWelcome, encodeWelcome } from '../../protocol/welcome.ts';
import { flipped } from './support.ts';

const binding = new Uint8Array(32).fill(0xab);

/** Both ends of a channel, and the keys that each of them holds. */
function channel(nonce = 0) {
  const keys = {
    device: { deviceToHub: new Uint8Array(32).fill(1), hubToDevice: new Uint8Array(32).fill(2) },
    hub: { deviceToHub: new Uint8Array(32).fill(1), hubToDevice: new Uint8Array(32).fill(2) },
  };
  const end = (role: 'device' | 'hub') =>
    new Transport(
      role,
      {
        deviceToHub: new CipherState(noble, keys[role].deviceToHub, nonce),
        hubToDevice: new CipherState(noble, keys[role].hubToDevice, nonce),
      },
      binding,
    );
  return { device: end('device'), hub: end('hub'), keys };
}

function allZero(keys: { readonly deviceToHub: Uint8Array; readonly hubToDevice: Uint8Array }): boolean {
  return isZero(keys.deviceToHub) && isZero(keys.hubToDevice);
}

describe('a transport', () => {
  it('carries messages both ways, in order', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.uint8Array())), (messages) => {
        const { device, hub } = channel();
        for (const [up, plaintext] of messages) {
          const [writer, reader] = up ? [device, hub] : [hub, device];
          expect(toHex(reader.open(writer.seal(plaintext)))).toBe(toHex(plaintext));
        }
      }),
    );
  });

  it('has one fingerprint at both ends, 8 bytes as hex, that tells nothing of its keys', () => {
    const { device, hub } = channel();
    expect(device.fingerprint).toBe('abababababababab');
    expect(hub.fingerprint).toBe(device.fingerprint);
  });

  it('uses a key of its own for each direction', () => {
    const { device, hub } = channel();
    expect(toHex(device.seal(utf8('same')))).not.toBe(toHex(hub.seal(utf8('same'))));
  });

  it('refuses its own message sent back, and ends', () => {
    const { device } = channel();
    const sealed = device.seal(utf8('mirror'));
    expect(() => device.open(sealed)).toThrow(AuthenticationError);
    expect(() => device.seal(utf8('more'))).toThrow(WrongTurnError);
  });

  it.each<[string, (first: Uint8Array, second: Uint8Array) => Uint8Array]>([
    ['changed', (first) => flipped(first, 0)],
    ['with another tag', (first) => flipped(first, first.length - 1)],
    ['cut', (first) => first.slice(0, -1)],
    ['cut to less than a tag', (first) => first.slice(0, 15)],
    ['empty', () => new Uint8Array(0)],
    ['lengthened', (first) => concat(first, Uint8Array.of(0))],
    ['out of order', (_, second) => second],
  ])('refuses a message %s, wipes both keys and believes nothing after it', (_, change) => {
    const { device, hub, keys } = channel();
    const first = device.seal(utf8('first'));
    const second = device.seal(utf8('second'));
    expect(() => hub.open(change(first, second))).toThrow(AuthenticationError);
    expect(allZero(keys.hub)).toBe(true);
    expect(() => hub.open(first)).toThrow(WrongTurnError);
    expect(() => hub.seal(utf8('answer'))).toThrow(WrongTurnError);
  });

  it('refuses a message repeated', () => {
    const { device, hub } = channel();
    const sealed = device.seal(utf8('once'));
    hub.open(sealed);
    expect(() => hub.open(sealed)).toThrow(AuthenticationError);
  });

  it('refuses to go on when its nonces are used up, and wipes both keys', () => {
    const { device, hub, keys } = channel(MAX_NONCE);
    const last = device.seal(utf8('last'));
    expect(fromUtf8(hub.open(last))).toBe('last');
    expect(() => device.seal(utf8('one more'))).toThrow(NonceExhaustedError);
    expect(() => hub.open(last)).toThrow(NonceExhaustedError);
    expect(allZero(keys.device)).toBe(true);
    expect(allZero(keys.hub)).toBe(true);
  });

  it('seals what fits into one frame and refuses more, at no cost', () => {
    const { device, hub } = channel();
    expect(() => device.seal(new Uint8Array(MAX_PLAINTEXT + 1))).toThrow(MalformedError);
    const sealed = device.seal(new Uint8Array(MAX_PLAINTEXT));
    expect(() => encodeFrame(encodeBody(FRAME.data, sealed))).not.toThrow();
    expect(hub.open(sealed)).toHaveLength(MAX_PLAINTEXT);
  });

  it('is over once wiped', () => {
    const { device, hub, keys } = channel();
    const sealed = device.seal(utf8('late'));
    hub.wipe();
    expect(allZero(keys.hub)).toBe(true);
    expect(() => hub.open(sealed)).toThrow(WrongTurnError);
    expect(() => hub.seal(utf8('late'))).toThrow(WrongTurnError);
  });
});

describe('a WELCOME', () => {
  const welcome = fc.record({
    sessionId: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    validitySeconds: fc.integer({ min: 0, max: 0xffff_ffff }),
    failed: fc.integer({ min: 0, max: 255 }),
    location: fc.string({ unit: 'grapheme' }).map((text) => text.normalize('NFC')),
  });

  it('is read as it was written', () => {
    fc.assert(
      fc.property(welcome, (value) => {
        expect(decodeWelcome(encodeWelcome(value))).toEqual(value);
      }),
    );
  });

  it('is refused when it is cut before the location', () => {
    const plaintext = encodeWelcome({
      sessionId: new Uint8Array(16),
      validitySeconds: 600,
      failed: 0,
      location: '',
    });
    for (let length = 0; length < plaintext.length; length++) {
      expect(() => decodeWelcome(plaintext.slice(0, length))).toThrow(MalformedError);
    }
    expect(decodeWelcome(plaintext).location).toBe('');
  });

  it('is refused with a location that is no text, and with a session id of another length', () => {
    expect(() => decodeWelcome(new Uint8Array(22).fill(0xff))).toThrow(MalformedError);
    const wrong = { sessionId: new Uint8Array(15), validitySeconds: 1, failed: 0, location: 'Goa' };
    expect(() => encodeWelcome(wrong)).toThrow(MalformedError);
  });
});
