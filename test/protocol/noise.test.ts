import { describe, expect, it } from 'vitest';
import { concat, fromHex, toHex, utf8 } from '../../protocol/bytes.ts';
import { noble } from '../../protocol/crypto/noble.ts';
import {
  AuthenticationError,
  MalformedError,
  NonceExhaustedError,
  WrongTurnError,
} from '../../protocol/errors.ts';
import { CipherState, MAX_NONCE } from '../../protocol/noise/cipher-state.ts';
import { HandshakeState } from '../../protocol/noise/handshake-state.ts';
import { XK, XKpsk3 } from '../../protocol/noise/patterns.ts';
import { SymmetricState } from '../../protocol/noise/symmetric-state.ts';
import { countingRandom, fixedRandom, flipped, Recorder, readVectors, thrownBy } from './support.ts';

interface Vector {
  readonly protocol_name: string;
  readonly init_prologue: string;
  readonly init_psks?: readonly string[];
  readonly init_static: string;
  readonly init_ephemeral: string;
  readonly init_remote_static: string;
  readonly resp_prologue: string;
  readonly resp_psks?: readonly string[];
  readonly resp_static: string;
  readonly resp_ephemeral: string;
  readonly handshake_hash: string;
  readonly messages: readonly { readonly payload: string; readonly ciphertext: string }[];
}

const { vectors } = readVectors<{ readonly vectors: readonly Vector[] }>('noise.json');
const patterns = [XK, XKpsk3];

function keyPair(privateHex: string) {
  const privateKey = fromHex(privateHex);
  return { privateKey, publicKey: noble.x25519Public(privateKey) };
}

/** Both ends as the vector has them, each with a recorder of its secrets. */
function ends(vector: Vector) {
  const pattern = patterns.find((known) => known.protocolName === vector.protocol_name);
  if (pattern === undefined) throw new Error(`no pattern ${vector.protocol_name}`);
  const initiatorSecrets = new Recorder();
  const responderSecrets = new Recorder();
  const initiator = new HandshakeState(initiatorSecrets.primitives, {
    pattern,
    role: 'initiator',
    prologue: fromHex(vector.init_prologue),
    s: keyPair(vector.init_static),
    rs: fromHex(vector.init_remote_static),
    random: initiatorSecrets.random(fixedRandom(vector.init_ephemeral)),
  });
  const responder = new HandshakeState(responderSecrets.primitives, {
    pattern,
    role: 'responder',
    prologue: fromHex(vector.resp_prologue),
    s: keyPair(vector.resp_static),
    random: responderSecrets.random(fixedRandom(vector.resp_ephemeral)),
  });
  for (const psk of vector.init_psks ?? []) initiator.providePsk(fromHex(psk));
  for (const psk of vector.resp_psks ?? []) responder.providePsk(fromHex(psk));
  return { initiator, responder, initiatorSecrets, responderSecrets };
}

/** Brings both ends to where message `count` + 1 is due, and gives the messages that went. */
function exchange(vector: Vector, count: number) {
  const both = ends(vector);
  const messages = vector.messages.slice(0, count).map(({ payload }, i) => {
    const [writer, reader] =
      i % 2 === 0 ? [both.initiator, both.responder] : [both.responder, both.initiator];
    const message = writer.writeMessage(fromHex(payload));
    expect(toHex(reader.readMessage(message))).toBe(payload);
    return message;
  });
  return { ...both, messages };
}

describe.each(vectors)('$protocol_name', (vector) => {
  it('gives every handshake message, the hash and every transport message of the public vectors', () => {
    const { initiator, responder, messages } = exchange(vector, 3);
    expect(messages.map(toHex)).toEqual(vector.messages.slice(0, 3).map((message) => message.ciphertext));
    expect(toHex(responder.remoteStatic ?? new Uint8Array())).toBe(
      toHex(keyPair(vector.init_static).publicKey),
    );

    const ours = initiator.split();
    const theirs = responder.split();
    expect(toHex(ours.handshakeHash)).toBe(vector.handshake_hash);
    expect(toHex(theirs.handshakeHash)).toBe(vector.handshake_hash);

    expect(vector.messages).toHaveLength(6);
    for (const [i, { payload, ciphertext }] of vector.messages.entries()) {
      if (i < 3) continue;
      // The responder speaks next, and so on in turn.
      const direction = i % 2 === 0 ? 0 : 1;
      const [writer, reader] = direction === 0 ? [ours, theirs] : [theirs, ours];
      const sealed = writer.ciphers[direction].encryptWithAd(new Uint8Array(), fromHex(payload));
      expect(toHex(sealed)).toBe(ciphertext);
      expect(toHex(reader.ciphers[direction].decryptWithAd(new Uint8Array(), sealed))).toBe(payload);
    }
  });

  it('leaves nothing but the two transport keys behind', () => {
    const { initiator, responder, initiatorSecrets, responderSecrets } = exchange(vector, 3);
    for (const [handshake, recorder] of [
      [initiator, initiatorSecrets],
      [responder, responderSecrets],
    ] as const) {
      const { ciphers } = handshake.split();
      const keys = recorder.secrets.at(-1);
      // The payloads that were read are the caller's.
      const payloads = new Set(vector.messages.slice(0, 3).map((message) => message.payload));
      const left = recorder.secrets.filter((secret) => secret.some((byte) => byte !== 0));
      expect(left.filter((secret) => secret !== keys && !payloads.has(toHex(secret)))).toEqual([]);
      for (const cipher of ciphers) cipher.wipe();
      expect(keys?.every((byte) => byte === 0)).toBe(true);
    }
  });

  it.each([0, 1, 2])('refuses message %i changed in any byte, cut anywhere, or lengthened', (index) => {
    const length = fromHex(vector.messages[index]?.ciphertext ?? '').length;
    const changes: ((message: Uint8Array) => Uint8Array)[] = [
      (message) => concat(message, Uint8Array.of(0)),
      ...Array.from({ length }, (_, at) => (message: Uint8Array) => flipped(message, at)),
      ...Array.from({ length }, (_, at) => (message: Uint8Array) => message.slice(0, at)),
    ];
    for (const change of changes) {
      const both = exchange(vector, index);
      const [writer, reader] =
        index % 2 === 0 ? [both.initiator, both.responder] : [both.responder, both.initiator];
      const message = writer.writeMessage(fromHex(vector.messages[index]?.payload ?? ''));
      const error = thrownBy(() => reader.readMessage(change(message)));
      const typed = error instanceof AuthenticationError || error instanceof MalformedError;
      expect(typed).toBe(true);
      // The right message comes too late.
      expect(() => reader.readMessage(message)).toThrow(WrongTurnError);
      expect(() => reader.split()).toThrow(WrongTurnError);
    }
  });

  it('refuses another prologue', () => {
    const { initiator } = ends(vector);
    const { responder } = ends({ ...vector, resp_prologue: '00' });
    expect(() => responder.readMessage(initiator.writeMessage(new Uint8Array()))).toThrow(
      AuthenticationError,
    );
  });

  it('refuses another responder', () => {
    const { initiator } = ends(vector);
    const { responder } = ends({ ...vector, resp_static: vector.init_static });
    expect(() => responder.readMessage(initiator.writeMessage(new Uint8Array()))).toThrow(
      AuthenticationError,
    );
  });

  it('refuses an ephemeral key of low order', () => {
    const { responder } = ends(vector);
    const message = fromHex(vector.messages[0]?.ciphertext ?? '').fill(0, 0, 32);
    expect(() => responder.readMessage(message)).toThrow(AuthenticationError);
  });

  it('refuses every step out of turn, and is over after it', () => {
    const wrong: ((handshakes: ReturnType<typeof ends>) => unknown)[] = [
      ({ initiator }) => initiator.readMessage(fromHex(vector.messages[0]?.ciphertext ?? '')),
      ({ initiator }) => initiator.split(),
      ({ responder }) => responder.writeMessage(new Uint8Array()),
      ({ responder }) => responder.split(),
    ];
    for (const act of wrong) {
      const both = ends(vector);
      expect(() => act(both)).toThrow(WrongTurnError);
    }
    const { initiator, responder } = exchange(vector, 3);
    expect(() => initiator.writeMessage(new Uint8Array())).toThrow(WrongTurnError);
    expect(() => initiator.split()).toThrow(WrongTurnError);
    responder.split();
    expect(() => responder.split()).toThrow(WrongTurnError);
  });

  it('wipes everything when it is given up', () => {
    for (const count of [0, 1, 2, 3]) {
      const { initiator, responder, initiatorSecrets, responderSecrets } = exchange(vector, count);
      initiator.wipe();
      responder.wipe();
      const payloads = new Set(vector.messages.slice(0, count).map((message) => message.payload));
      for (const recorder of [initiatorSecrets, responderSecrets]) {
        const left = recorder.secrets.filter((secret) => secret.some((byte) => byte !== 0));
        expect(left.filter((secret) => !payloads.has(toHex(secret)))).toEqual([]);
      }
      expect(() => initiator.split()).toThrow(WrongTurnError);
      expect(() => initiator.writeMessage(new Uint8Array())).toThrow(WrongTurnError);
    }
  });

  it('refuses a payload that makes the message longer than 65,535 bytes', () => {
    const longest = 65_535 - 32 - 16;
    expect(ends(vector).initiator.writeMessage(new Uint8Array(longest))).toHaveLength(65_535);
    expect(() => ends(vector).initiator.writeMessage(new Uint8Array(longest + 1))).toThrow(MalformedError);
    expect(() => ends(vector).responder.readMessage(new Uint8Array(65_536))).toThrow(MalformedError);
  });

  it('does not send its static key before it has one', () => {
    const { s: _, ...options } = {
      pattern: XKpsk3,
      role: 'initiator' as const,
      prologue: new Uint8Array(),
      s: undefined,
      rs: fromHex(vector.init_remote_static),
      random: fixedRandom(vector.init_ephemeral),
    };
    const initiator = new HandshakeState(noble, options);
    const { responder } = ends({ ...vector, resp_prologue: '', protocol_name: XKpsk3.protocolName });
    responder.readMessage(initiator.writeMessage(new Uint8Array()));
    initiator.readMessage(responder.writeMessage(new Uint8Array()));
    expect(() => initiator.writeMessage(new Uint8Array())).toThrow(WrongTurnError);
  });
});

describe('XKpsk3', () => {
  const vector = vectors[1];
  if (vector === undefined) throw new Error('the vectors have no XKpsk3');

  it('refuses another psk', () => {
    const { initiator, responder } = exchange(vector, 2);
    responder.providePsk(new Uint8Array(32));
    expect(() => responder.readMessage(initiator.writeMessage(new Uint8Array()))).toThrow(
      AuthenticationError,
    );
  });

  it('refuses to go on without a psk', () => {
    const { initiator, responder } = ends({ ...vector, init_psks: [] });
    responder.readMessage(initiator.writeMessage(new Uint8Array()));
    initiator.readMessage(responder.writeMessage(new Uint8Array()));
    expect(() => initiator.writeMessage(new Uint8Array())).toThrow(WrongTurnError);
  });
});

describe('a handshake that is not set up rightly', () => {
  it('refuses an initiator that does not know the responder, and a responder without a key', () => {
    const rest = { pattern: XK, prologue: new Uint8Array(), random: countingRandom() };
    expect(() => new HandshakeState(noble, { ...rest, role: 'initiator' })).toThrow(MalformedError);
    expect(() => new HandshakeState(noble, { ...rest, role: 'responder' })).toThrow(MalformedError);
    expect(() => new HandshakeState(noble, { ...rest, role: 'initiator', rs: new Uint8Array(31) })).toThrow(
      MalformedError,
    );
  });
});

describe('a symmetric state', () => {
  it('never sends in the clear for want of a key', () => {
    const symmetric = new SymmetricState(noble, 'Noise_test');
    expect(() => symmetric.encryptAndHash(utf8('secret'))).toThrow(WrongTurnError);
    expect(() => symmetric.decryptAndHash(utf8('secret'))).toThrow(WrongTurnError);
  });
});

describe('a cipher state', () => {
  const key = () => new Uint8Array(32).fill(7);
  const ad = utf8('ad');

  it('never uses a nonce twice: the same plaintext is sealed differently every time', () => {
    const cipher = new CipherState(noble, key());
    const sealed = Array.from({ length: 50 }, () => toHex(cipher.encryptWithAd(ad, utf8('same'))));
    expect(new Set(sealed).size).toBe(50);
  });

  it('counts in 64 bits, little-endian, past 2^32', () => {
    const at = 2 ** 40 + 3;
    const sealed = new CipherState(noble, key(), at).encryptWithAd(ad, utf8('far'));
    const nonce = Uint8Array.of(0, 0, 0, 0, 3, 0, 0, 0, 0, 1, 0, 0);
    expect(toHex(sealed)).toBe(toHex(noble.seal(key(), nonce, ad, utf8('far'))));
  });

  it('refuses to seal and to open when its nonces are used up, and is gone after that', () => {
    const sealing = key();
    const opening = key();
    const writer = new CipherState(noble, sealing, MAX_NONCE);
    const reader = new CipherState(noble, opening, MAX_NONCE);
    const last = writer.encryptWithAd(ad, utf8('last'));
    expect(toHex(reader.decryptWithAd(ad, last))).toBe(toHex(utf8('last')));

    expect(() => writer.encryptWithAd(ad, utf8('one more'))).toThrow(NonceExhaustedError);
    expect(() => reader.decryptWithAd(ad, last)).toThrow(NonceExhaustedError);
    expect(sealing.every((byte) => byte === 0) && opening.every((byte) => byte === 0)).toBe(true);
    expect(() => writer.encryptWithAd(ad, utf8('one more'))).toThrow(WrongTurnError);
    expect(() => reader.decryptWithAd(ad, last)).toThrow(WrongTurnError);
  });

  it('is gone after a message that does not open', () => {
    const bytes = key();
    const reader = new CipherState(noble, bytes);
    const good = new CipherState(noble, key()).encryptWithAd(ad, utf8('good'));
    expect(() => reader.decryptWithAd(ad, flipped(good, 0))).toThrow(AuthenticationError);
    expect(bytes.every((byte) => byte === 0)).toBe(true);
    expect(() => reader.decryptWithAd(ad, good)).toThrow(WrongTurnError);
  });
});
