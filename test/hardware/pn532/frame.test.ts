import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Deframer } from '../../../hardware/pn532/deframer.ts';
import { checksum, encodeFrame, MAX_FRAME, MAX_LEN } from '../../../hardware/pn532/frame.ts';
import { bytes, hex } from '../bytes.ts';

const command = (data: string) => ({ kind: 'information', tfi: 0xd4, data: bytes(data) }) as const;
const response = (data: string) => ({ kind: 'information', tfi: 0xd5, data: bytes(data) }) as const;

describe('frames of the PN532', () => {
  it.each([
    ['GetFirmwareVersion', command('02'), '0000ff02fed4022a00'],
    ['READ of page 4', command('40 01 30 04'), '0000ff05fbd440013004b700'],
    ['SAMConfiguration', command('14 01'), '0000ff03fdd414011700'],
    [
      'SELECT by name',
      command('40 01 00a4040007d276000085010100'),
      '0000ff10f0d4400100a4040007d2760000850101006d00',
    ],
    ['status 00', response('41 00'), '0000ff03fdd54100ea00'],
    ['status 27', response('41 27'), '0000ff03fdd54127c300'],
  ])('are byte for byte those of the manual: %s', (_, frame, wire) => {
    expect(hex(encodeFrame(frame))).toBe(wire);
  });

  it.each([
    ['ack', '0000ff00ff00'],
    ['nack', '0000ffff0000'],
    ['error', '0000ff01ff7f8100'],
  ] as const)('have a form of their own for %s', (kind, wire) => {
    expect(hex(encodeFrame({ kind }))).toBe(wire);
  });

  it('are extended above 255 bytes: the response with 256 bytes and a status word', () => {
    const content = Uint8Array.from({ length: 256 }, (_, i) => i);
    const data = Uint8Array.of(0x41, 0x00, ...content, 0x90, 0x00);
    const wire = encodeFrame({ kind: 'information', tfi: 0xd5, data });
    expect(hex(wire)).toBe(`0000ffffff0105fad54100${hex(content)}9000da00`);
    expect(wire).toHaveLength(271);
  });

  it('are normal at 255 bytes, and extended at 256', () => {
    const wireOf = (length: number) =>
      encodeFrame({ kind: 'information', tfi: 0xd5, data: new Uint8Array(length - 1) });
    expect(hex(wireOf(255).subarray(0, 5))).toBe('0000ffff01');
    expect(hex(wireOf(256).subarray(0, 8))).toBe('0000ffffff0100ff');
  });

  it('are never longer than MAX_FRAME, and refused where the chip could not take them', () => {
    const longest = { kind: 'information', tfi: 0xd4, data: new Uint8Array(MAX_LEN - 1) } as const;
    expect(encodeFrame(longest)).toHaveLength(MAX_FRAME);
    expect(() => encodeFrame({ ...longest, data: new Uint8Array(MAX_LEN) })).toThrow(RangeError);
    expect(() => encodeFrame({ ...longest, data: new Uint8Array(0) })).toThrow(RangeError);
  });

  it('come back from the deframer as they went in, in either form', () => {
    const data = fc.uint8Array({ minLength: 1, maxLength: MAX_LEN - 1 });
    fc.assert(
      fc.property(fc.constantFrom(0xd4, 0xd5), data, fc.boolean(), (tfi, content, extended) => {
        const frame = { kind: 'information', tfi, data: content } as const;
        expect(new Deframer().push(encodeFrame(frame, { extended }))).toEqual([frame]);
      }),
    );
  });
});

describe('the checksum', () => {
  it('completes a sum to a multiple of 256', () => {
    expect(checksum([0xd5, 0x41, 0x13])).toBe(0xd7);
    expect(checksum([])).toBe(0);
  });
});
