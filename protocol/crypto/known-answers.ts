import { concat, fromHex, toHex } from '../bytes.ts';
import type { Primitives } from './primitives.ts';

/** One question to a primitive, and its answer in hex. */
interface KnownAnswer<Primitive> {
  readonly ask: (it: Primitive) => Uint8Array | Promise<Uint8Array>;
  readonly answer: string;
}

const COUNTED = Uint8Array.from({ length: 64 }, (_, i) => i);
const KEY = COUNTED.slice(0, 32);
const NONCE = COUNTED.slice(0, 12);
const PUBLIC = '8f40c5adb68f25624ae5b214ea767a6ec94d829d3d7b5e1ad1ba6f3e2138285f';
const AGREED = 'df6baf6f6a43b9744fc5ef9dea1122782f9f696dc4a0d15c03c1787ee6d15e64';
const SEALED =
  '89fa0a032d12a347bf8a35f89410006cd961a0f44561bbaefe8e35de69ddb823cca10ed0c23b97bf1f1b5cf349b9a10c' +
  '4eb59b47c91d8eac2a81e33cac72a0e9d4bfcc252ede6f375706bd7c83293cca';
const ONE = Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 1 : 0));
const TWO = Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 2 : 0));
/** The generator of ristretto255 and twice it (RFC 9496, A.1). */
const GENERATOR = 'e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76';
const TWICE = '6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919';

/** For every primitive one answer that is known, so that it can be tried before it is trusted. */
export const KNOWN_ANSWERS: { readonly [Name in keyof Primitives]: KnownAnswer<Primitives[Name]> } = {
  sha256: {
    ask: (sha256) => sha256(COUNTED),
    answer: 'fdeab9acf3710362bd2658cdc9a29e8f9c757fcf9811603a8c447cd1d9151108',
  },
  sha512: {
    ask: (sha512) => sha512(COUNTED),
    answer:
      'ee4320ebaf3fdb4f2c832b137200c08e235e0fa7bbd0eb1740c7063ba8a0d151' +
      'da77e003398e1714a955d475b05e3e950b639503b452ec185de4229bc4873949',
  },
  sha3_256: {
    ask: (sha3) => sha3(COUNTED),
    answer: 'c8ad478f4e1dd9d47dfc3b985708d92db1f8db48fe9cddd459e63c321f490402',
  },
  hmacSha256: {
    ask: (hmac) => hmac(KEY, COUNTED),
    answer: '173206781c3b828a0dc2a716fe0ddb5e6e56ec171170952ff6b3f4de44fa18d7',
  },
  hkdf: {
    ask: (hkdf) => hkdf(COUNTED, KEY, NONCE, 64),
    answer:
      '62e6672fed3d09adc6f059f7b826dce9ed2721fe1e728fa8c6ae9f4f2f190504' +
      'a0c636b04d85a2235e2e7aa8e99cfda4c7e812a88aedd0f43b70299be10e480a',
  },
  x25519Public: { ask: (publicOf) => publicOf(KEY), answer: PUBLIC },
  x25519: {
    ask: (x25519) => x25519(KEY, fromHex(PUBLIC)),
    answer: AGREED,
  },
  x25519Key: {
    ask: (keyOf) => {
      const { publicKey, agree } = keyOf(KEY);
      return concat(publicKey, agree(fromHex(PUBLIC)));
    },
    answer: `${PUBLIC}${AGREED}`,
  },
  seal: { ask: (seal) => seal(KEY, NONCE, KEY, COUNTED), answer: SEALED },
  open: { ask: (open) => open(KEY, NONCE, KEY, fromHex(SEALED)), answer: toHex(COUNTED) },
  scrypt: {
    ask: (scrypt) => scrypt(COUNTED, KEY, 4, 32),
    answer: 'be7be1daf9a42d90f64bfbff6bf186276875572ffb201fb8f1a25d5b2c8772da',
  },
  multiplyElement: { ask: (multiply) => multiply(TWO, fromHex(GENERATOR)), answer: TWICE },
  deriveElement: {
    ask: (derive) => derive(COUNTED),
    answer: '2e7c4964f91f5f2b074a9bc147ef973c08dbe29683746f979f11358065a2d155',
  },
  isElement: {
    // An encoding is even (RFC 9496, 4.3.1): the scalar 1, as bytes, is none.
    ask: (isElement) => Uint8Array.of(Number(isElement(fromHex(TWICE))), Number(isElement(ONE))),
    answer: '0100',
  },
};
