import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Deframed, Deframer } from '../../../hardware/pn532/deframer.ts';
import { encodeFrame, type Frame, MAX_FRAME } from '../../../hardware/pn532/frame.ts';
import { bytes } from '../bytes.ts';

const ACK = '0000ff00ff00';
/** InDataExchange, status 00. */
const REPLY = '0000ff03fdd54100ea00';
const ack: Frame = { kind: 'ack' };
const reply: Frame = { kind: 'information', tfi: 0xd5, data: bytes('4100') };
const damaged: Deframed = { kind: 'damaged' };

const found = (...chunks: string[]) => {
  const deframer = new Deframer();
  return chunks.flatMap((chunk) => deframer.push(bytes(chunk)));
};

/** 64 KB of the same noise each time, heavy with the bytes that frames are made of. */
function noise(length: number): Uint8Array {
  let state = 0x2545f491;
  return Uint8Array.from({ length }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    const byte = state & 0xff;
    return byte < 0x60 ? 0x00 : byte < 0xa0 ? 0xff : byte;
  });
}

describe('the deframer', () => {
  it('finds a whole frame', () => {
    expect(found(REPLY)).toEqual([reply]);
  });

  it('finds ACK, NACK and error frames', () => {
    expect(found(ACK, '0000ffff0000', '0000ff01ff7f8100')).toEqual([
      ack,
      { kind: 'nack' },
      { kind: 'error' },
    ]);
  });

  it('finds frames byte by byte', () => {
    const single = [...bytes(ACK + REPLY)].map((byte) => byte.toString(16).padStart(2, '0'));
    expect(found(...single)).toEqual([ack, reply]);
  });

  it('finds two frames in one chunk, and one that is split over two', () => {
    expect(found(`${ACK}${REPLY}0000ff03fdd5`, '4100ea00')).toEqual([ack, reply, reply]);
  });

  it('finds frames without postamble, back to back', () => {
    expect(found('0000ff00ff', '00ff03fdd54100ea', '00ff03fdd54100ea')).toEqual([ack, reply, reply]);
  });

  it('takes a preamble of any length', () => {
    expect(found(`${'00'.repeat(40)}${ACK}`, `00000000${REPLY}`)).toEqual([ack, reply]);
  });

  it('takes the extended form for short frames, too', () => {
    expect(found('0000ffffff0003fdd54100ea00')).toEqual([reply]);
  });

  it('skips junk before, between and after frames', () => {
    expect(found(`55a1ff00${ACK}e6e6ff${REPLY}1234`, ACK)).toEqual([ack, reply, ack]);
  });

  it('goes on one byte further after a wrong LCS, and finds the frame that begins there', () => {
    expect(found(`00ff03fc${REPLY}`)).toEqual([reply]);
    expect(found(`00ff03${REPLY}`)).toEqual([reply]);
    expect(found(`0000ffffff01${REPLY}`)).toEqual([reply]);
  });

  it('reports a frame whose DCS is wrong, and finds the next one', () => {
    expect(found('0000ff03fdd54100eb00', REPLY)).toEqual([damaged, reply]);
  });

  it('finds a frame inside one whose DCS is wrong', () => {
    // 20 bytes are announced, and cut off: the next frames stand where they should have been.
    expect(found(`0000ff14ecd541${ACK}${REPLY}${ACK}`)).toEqual([damaged, ack, reply, ack]);
  });

  it('refuses a length that no chip sends, right checksum or not', () => {
    expect(found(`0000ff0000${ACK}`)).toEqual([ack]);
    expect(found(`0000ffffff010af5${ACK}`)).toEqual([ack]);
    expect(found(`0000ffffffff0001${ACK}`)).toEqual([ack]);
  });

  it('refuses an information frame without a code', () => {
    expect(found(`0000ff01ffd52b00${ACK}`)).toEqual([ack]);
  });

  it('holds back no more than a frame, whatever comes', () => {
    const deframer = new Deframer();
    for (let i = 0; i < 64; i++) {
      deframer.push(noise(1024));
      expect(deframer.pending).toBeLessThanOrEqual(MAX_FRAME);
    }
  });

  it('survives 64 KB of noise, and finds the frames after it', () => {
    const deframer = new Deframer();
    deframer.push(noise(65_536));
    // What the noise left may swallow as much as one frame; no more.
    deframer.push(new Uint8Array(MAX_FRAME));
    expect(deframer.push(bytes(ACK + REPLY))).toEqual([ack, reply]);
  });

  it('forgets half a frame when told to', () => {
    const deframer = new Deframer();
    deframer.push(bytes('0000ff14ecd541'));
    expect(deframer.pending).toBeGreaterThan(0);
    deframer.reset();
    expect(deframer.pending).toBe(0);
    expect(deframer.push(bytes(ACK))).toEqual([ack]);
  });

  it('finds the same, however the bytes are cut into chunks', () => {
    const piece = fc.oneof(
      fc.constantFrom(ack, { kind: 'nack' } as const, { kind: 'error' } as const).map((f) => encodeFrame(f)),
      fc
        .record({ data: fc.uint8Array({ minLength: 1, maxLength: 264 }), extended: fc.boolean() })
        .map(({ data, extended }) => encodeFrame({ kind: 'information', tfi: 0xd5, data }, { extended })),
      fc.uint8Array({ maxLength: 20 }),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 6 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 50 })),
        (pieces, cuts) => {
          const stream = Uint8Array.from(pieces.flatMap((part) => [...part]));
          const deframer = new Deframer();
          const frames: Deframed[] = [];
          for (let at = 0; at < stream.length; ) {
            const size = cuts.next().value ?? 1;
            frames.push(...deframer.push(stream.subarray(at, at + size)));
            at += size;
          }
          expect(frames).toEqual(new Deframer().push(stream));
        },
      ),
    );
  });

  it('finds every frame of a stream, whatever their content', () => {
    const frame = fc
      .uint8Array({ minLength: 1, maxLength: 264 })
      .map((data): Frame => ({ kind: 'information', tfi: 0xd5, data }));
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 5 }), (frames) => {
        const stream = Uint8Array.from(frames.flatMap((f) => [...encodeFrame(f)]));
        expect(new Deframer().push(stream)).toEqual(frames);
      }),
    );
  });
});
