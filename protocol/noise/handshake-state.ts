import { concat, type Random, Reader, wipe } from '../bytes.ts';
import type { Primitives } from '../crypto/primitives.ts';
import { MalformedError, WrongTurnError } from '../errors.ts';
import type { KeyPair } from '../keys.ts';
import { Turns } from '../turns.ts';
import type { CipherState } from './cipher-state.ts';
import type { HandshakePattern, Token } from './patterns.ts';
import { SymmetricState } from './symmetric-state.ts';

/** The longest Noise message, in bytes (Noise, 3). */
export const MAX_MESSAGE = 65_535;

const KEY_LENGTH = 32;
const TAG_LENGTH = 16;
const NOTHING = new Uint8Array(0);

/** Whose turn it is: `write 1`, `read 2`, `write 3` for the initiator. */
type Phase = `${'write' | 'read'} ${number}` | 'split' | 'done';

export interface HandshakeOptions {
  readonly pattern: HandshakePattern;
  readonly role: 'initiator' | 'responder';
  readonly prologue: Uint8Array;
  /** Our static key pair. An initiator's may come later, by `provideStatic`. */
  readonly s?: KeyPair;
  /** The other side's static key, which an initiator must know beforehand. */
  readonly rs?: Uint8Array;
  /** Makes the ephemeral private key: one call of 32 bytes. What it returns is wiped here. */
  readonly random: Random;
}

/**
 * One handshake (Noise, 5.3) of three messages, the initiator's the odd ones. Static keys and psk stay
 * their owner's: they are held by reference, never copied or wiped. Everything made in between is
 * wiped when the handshake ends, in `split` or by any failure; a failure is final.
 */
export class HandshakeState {
  readonly #p: Primitives;
  readonly #pattern: HandshakePattern;
  readonly #initiator: boolean;
  readonly #random: Random;
  readonly #symmetric: SymmetricState;
  readonly #turns: Turns<Phase>;
  #next = 0;
  #s: KeyPair | undefined;
  #e: KeyPair | undefined;
  #rs: Uint8Array | undefined;
  #re: Uint8Array | undefined;
  #psk: Uint8Array | undefined;

  constructor(p: Primitives, options: HandshakeOptions) {
    this.#p = p;
    this.#pattern = options.pattern;
    this.#initiator = options.role === 'initiator';
    this.#random = options.random;
    this.#s = options.s;
    this.#rs = options.rs?.slice();
    const responderStatic = this.#initiator ? this.#rs : this.#s?.publicKey;
    if (responderStatic?.length !== KEY_LENGTH) {
      throw new MalformedError("the responder's static key is not 32 bytes");
    }
    this.#symmetric = new SymmetricState(p, options.pattern.protocolName);
    this.#turns = new Turns<Phase>(this.#phaseOf(0), () => this.#clear());
    this.#symmetric.mixHash(options.prologue);
    this.#symmetric.mixHash(responderStatic);
  }

  /** The other side's static key; for a responder there once message 3 is read. A copy. */
  get remoteStatic(): Uint8Array | undefined {
    return this.#rs?.slice();
  }

  provideStatic(s: KeyPair): void {
    this.#s = s;
  }

  /** 32 bytes; needed before the message with the token `psk`. */
  providePsk(psk: Uint8Array): void {
    this.#psk = psk;
  }

  /** @throws WrongTurnError out of turn or without a key it takes, MalformedError when it gets too long */
  writeMessage(payload: Uint8Array): Uint8Array {
    return this.#take('write', (tokens) => {
      const parts = tokens.map((token) => this.#writeToken(token));
      return checkLength(concat(...parts, this.#symmetric.encryptAndHash(payload)));
    });
  }

  /** The payload of `message`. @throws MalformedError, AuthenticationError, WrongTurnError */
  readMessage(message: Uint8Array): Uint8Array {
    return this.#take('read', (tokens) => {
      const reader = new Reader(checkLength(message));
      for (const token of tokens) this.#readToken(token, reader);
      return this.#symmetric.decryptAndHash(reader.rest());
    });
  }

  /**
   * After the last message: the transport keys, first the initiator's, and the handshake hash. The keys
   * are the caller's from here on; all else is wiped.
   */
  split(): { readonly ciphers: readonly [CipherState, CipherState]; readonly handshakeHash: Uint8Array } {
    return this.#turns.take('split', 'done', () => {
      const handshakeHash = this.#symmetric.handshakeHash;
      const ciphers = this.#symmetric.split();
      this.#clear();
      return { ciphers, handshakeHash };
    });
  }

  wipe(): void {
    this.#turns.end();
  }

  #take(act: 'write' | 'read', step: (tokens: readonly Token[]) => Uint8Array): Uint8Array {
    const next = this.#next;
    return this.#turns.take(`${act} ${next + 1}`, this.#phaseOf(next + 1), () => {
      this.#next += 1;
      return step(this.#pattern.messages[next] ?? []);
    });
  }

  #phaseOf(message: number): Phase {
    if (message === this.#pattern.messages.length) return 'split';
    const ours = (message % 2 === 0) === this.#initiator;
    return `${ours ? 'write' : 'read'} ${message + 1}`;
  }

  #writeToken(token: Token): Uint8Array {
    switch (token) {
      case 'e': {
        const privateKey = this.#random(KEY_LENGTH);
        const ready = this.#p.x25519Key(privateKey);
        this.#e = { privateKey, publicKey: ready.publicKey, ready };
        this.#mixEphemeral(ready.publicKey);
        return ready.publicKey;
      }
      case 's':
        return this.#symmetric.encryptAndHash(known(this.#s, 'our static key').publicKey);
      case 'ee':
      case 'es':
      case 'se':
      case 'psk':
        this.#mixSecret(token);
        return NOTHING;
    }
  }

  #readToken(token: Token, message: Reader): void {
    switch (token) {
      case 'e':
        this.#re = message.bytes(KEY_LENGTH);
        this.#mixEphemeral(this.#re);
        return;
      case 's':
        this.#rs = this.#symmetric.decryptAndHash(message.bytes(KEY_LENGTH + TAG_LENGTH));
        return;
      case 'ee':
      case 'es':
      case 'se':
      case 'psk':
        this.#mixSecret(token);
        return;
    }
  }

  /** With a psk in the pattern the ephemeral keys are mixed into the key as well (Noise, 9.2). */
  #mixEphemeral(publicKey: Uint8Array): void {
    this.#symmetric.mixHash(publicKey);
    if (this.#pattern.messages.some((tokens) => tokens.includes('psk'))) this.#symmetric.mixKey(publicKey);
  }

  #mixSecret(token: 'ee' | 'es' | 'se' | 'psk'): void {
    if (token === 'psk') {
      this.#symmetric.mixKeyAndHash(known(this.#psk, 'the psk'));
      return;
    }
    // The first letter is the initiator's key, the second the responder's.
    const [ours, theirs] = this.#initiator ? [token[0], token[1]] : [token[1], token[0]];
    const pair = ours === 'e' ? known(this.#e, 'our ephemeral key') : known(this.#s, 'our static key');
    const remote =
      theirs === 'e' ? known(this.#re, 'their ephemeral key') : known(this.#rs, 'their static key');
    const shared = pair.ready?.agree(remote) ?? this.#p.x25519(pair.privateKey, remote);
    this.#symmetric.mixKey(shared);
    wipe(shared);
  }

  #clear(): void {
    this.#symmetric.wipe();
    wipe(this.#e?.privateKey, this.#rs);
    this.#s = undefined;
    this.#e = undefined;
    this.#rs = undefined;
    this.#psk = undefined;
  }
}

function checkLength(message: Uint8Array): Uint8Array {
  if (message.length > MAX_MESSAGE) throw new MalformedError('a Noise message is at most 65,535 bytes');
  return message;
}

/** @throws WrongTurnError when a message needs a key that has not been given yet */
function known<T>(key: T | undefined, name: string): T {
  if (key === undefined) throw new WrongTurnError(`${name} is not known yet`);
  return key;
}
