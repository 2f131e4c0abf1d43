import { concat, u8, u16 } from '../../protocol/bytes.ts';
import { encodeFrame, FRAME, MAX_BODY } from '../../protocol/frames.ts';

/** What a stranger might send to a hub first, each drawn from `random`, which gives so many bytes. */
export const GARBAGE: Readonly<Record<string, (random: (length: number) => Uint8Array) => Uint8Array>> = {
  'random bytes': (random) => random(300),
  'a frame of length 0': () => u16(0),
  'a frame longer than a hub takes before it knows anybody': (random) => concat(u16(MAX_BODY), random(2_000)),
  'half a frame': (random) => concat(u16(100), random(10)),
  'a frame of an unknown type': (random) => encodeFrame(concat(u8(0x77), random(40))),
  'a LOGIN of random bytes': (random) => encodeFrame(concat(u8(FRAME.login), u8(2), random(98))),
  'a LOGIN of an unknown suite': (random) => encodeFrame(concat(u8(FRAME.login), u8(9), random(98))),
  'a PROOF out of turn': (random) => encodeFrame(concat(u8(FRAME.proof), u8(2), random(64))),
  'DATA before any login': (random) => encodeFrame(concat(u8(FRAME.data), random(50))),
  'a HELLO of its own': (random) => encodeFrame(concat(u8(FRAME.hello), random(50))),
  'an HTTP request': () => new TextEncoder().encode('GET / HTTP/1.1\r\nHost: hub\r\n\r\n'),
};
