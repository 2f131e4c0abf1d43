import { describe, expect, it } from 'vitest';
import { describeFrame } from '../../../hardware/pn532/trace.ts';
import { bytes } from '../bytes.ts';

const sent = (data: string) =>
  describeFrame('to-chip', { kind: 'information', tfi: 0xd4, data: bytes(data) });
const heard = (data: string) =>
  describeFrame('from-chip', { kind: 'information', tfi: 0xd5, data: bytes(data) });

describe('the trace', () => {
  it('shows what passes between host and chip alone', () => {
    expect(sent('32 05 00 01 00')).toBe('> d4 32 05 00 01 00');
    expect(heard('03 32 01 06 07')).toBe('< d5 03 32 01 06 07');
    expect(describeFrame('from-chip', { kind: 'ack' })).toBe('< ACK');
    expect(describeFrame('to-chip', { kind: 'nack' })).toBe('> NACK');
    expect(describeFrame('from-chip', { kind: 'error' })).toBe('< error frame');
    expect(describeFrame('from-chip', { kind: 'damaged' })).toBe('< damaged frame');
  });

  it('shows which page is read, and not what it holds', () => {
    expect(sent('40 01 30 04')).toBe('> d4 40 01 30 04');
    expect(heard(`41 00 ${'5a'.repeat(16)}`)).toBe('< d5 41 00 … 16 bytes');
    expect(sent('42 3a 0b 40')).toBe('> d4 42 3a 0b 40');
    expect(heard(`43 00 ${'5a'.repeat(240)}`)).toBe('< d5 43 00 … 240 bytes');
  });

  it('shows which page is written, and not what with', () => {
    expect(sent('40 01 a2 0b 5a5a5a5a')).toBe('> d4 40 01 a2 0b … 4 bytes');
  });

  it("shows an APDU's header, and not its data", () => {
    expect(sent(`40 01 00 d6 00 d8 04 5a5a5a5a`)).toBe('> d4 40 01 00 d6 00 d8 … 5 bytes');
    expect(heard('41 00 5a5a 9000')).toBe('< d5 41 00 … 4 bytes');
  });

  it('shows no password', () => {
    expect(sent('42 1b 5a5a5a5a')).toBe('> d4 42 1b … 4 bytes');
  });

  it('shows that a card was listed, and not which', () => {
    expect(heard('4b 01 01 00 44 00 07 5a5a5a5a5a5a5a')).toBe('< d5 4b 01 01 00 44 00 … 8 bytes');
    expect(heard('4b 00')).toBe('< d5 4b 00');
  });
});
