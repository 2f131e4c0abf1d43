import { describe, expect, it } from 'vitest';
import { withCrcA } from '../../../hardware/sim/crc-a.ts';
import { bytes, freshSmartCard, freshTag, hex, startedBench } from './host.ts';

describe('talking to a tag', () => {
  it('needs a tag that was listed', () => {
    const { host, field } = startedBench();
    field.put(freshTag().tag);
    expect(host.ask('40 01 30 00')).toBe('4127');
    host.ask('4a 01 00');
    expect(host.ask('40 02 30 00')).toBe('4127');
  });

  it('reads and writes by InDataExchange, and knows no other code there', () => {
    const { host, field } = startedBench();
    const { tag, dump } = freshTag();
    field.put(tag);
    host.ask('4a 01 00');
    expect(host.ask('40 01 30 03')).toBe('4100e1103e000300fe000000000000000000');
    expect(host.ask('40 01 a2 04 deadbeef')).toBe('4100');
    expect(host.ask(`40 01 a0 05 cafe0001${'00'.repeat(12)}`)).toBe('4100');
    expect(hex(dump.subarray(16, 24))).toBe('deadbeefcafe0001');
    expect(host.ask('40 01 1b ffffffff')).toBe('error');
    expect(host.ask('40 01 3a 04 05')).toBe('error');
    expect(host.ask('40 01 60')).toBe('4114');
  });

  it('reports a NAK, after which the tag is silent until it is listed again', () => {
    const { host, field } = startedBench();
    field.put(freshTag().tag);
    host.ask('4a 01 00');
    expect(host.ask('40 01 a2 f0 00000000')).toBe('4113');
    expect(host.ask('40 01 30 00')).toBe('4101');
    host.ask('4a 01 00');
    expect(host.ask('40 01 30 00')).toMatch(/^4100/);
  });

  it('gets silence from a tag that was taken away, and from one laid on in its place', () => {
    const { host, field } = startedBench();
    const { tag } = freshTag();
    field.put(tag);
    host.ask('4a 01 00');
    field.take();
    expect(host.ask('40 01 30 00')).toBe('4101');
    expect(host.ask('42 60')).toBe('4301');
    field.put(tag);
    expect(host.ask('40 01 30 00')).toBe('4101');
    field.put(freshTag('NTAG216').tag);
    expect(host.ask('40 01 30 00')).toBe('4101');
  });

  it('carries raw frames with InCommunicateThru, with a CRC as the registers say', () => {
    const { host, field } = startedBench();
    const { tag, dump } = freshTag();
    field.put(tag);
    host.ask('4a 01 00');
    expect(host.ask('42 60')).toBe('43000004040201001103');
    expect(host.ask('42 3a 04 05')).toBe('43000300fe0000000000');
    // A write's ACK of four bits has no CRC: an error, though the page is written.
    expect(host.ask('42 a2 04 deadbeef')).toBe('4302');
    expect(hex(dump.subarray(16, 20))).toBe('deadbeef');
    host.ask('08 6302 00 6303 00');
    const version = bytes('0004040201001103');
    expect(host.ask('42 60 f832')).toBe(`4300${hex(withCrcA(version))}`);
    expect(host.ask('42 a2 05 01020304 ffff')).toBe('430001');
    host.ask('4a 01 00');
    expect(host.ask('06 6302 6303')).toBe('078080');
    expect(host.ask('42')).toBe('4301');
    host.ask('08 6302 83');
    expect(host.ask('42 60')).toBe('4301');
  });

  it.each([
    ['15 pages', 60, '42 3a 04 12', '42 3a 04 13'],
    ['60 pages', 240, '42 3a 04 3f', '42 3a 04 40'],
  ])('overflows above %s where its buffer is so small', (_, largestThru, fits, tooMuch) => {
    const { host, field } = startedBench({ largestThru });
    field.put(freshTag().tag);
    host.ask('4a 01 00');
    expect(host.ask(fits)).toMatch(/^4300/);
    expect(host.ask(tooMuch)).toBe('4309');
  });

  it('carries no more than 262 bytes in any case', () => {
    const { host, field } = startedBench();
    field.put(freshTag().tag);
    host.ask('4a 01 00');
    expect(host.ask('42 3a 00 40')).toMatch(/^4300/);
    expect(host.ask('42 3a 00 41')).toBe('4309');
  });

  it('loses its targets with the field', () => {
    const { host, field } = startedBench();
    field.put(freshTag().tag);
    host.ask('4a 01 00');
    host.ask('32 01 00');
    expect(host.ask('40 01 30 00')).toBe('4127');
    expect(host.ask('42 60')).toBe('4301');
  });
});

describe('talking to a smart card', () => {
  const SELECT = '00a4040007f0434152444541';

  it('carries APDUs', () => {
    const { host, field } = startedBench();
    field.put(freshSmartCard().card);
    host.ask('4a 01 00');
    expect(host.ask(`40 01 ${SELECT}`)).toBe('41006f04800201b09000');
    expect(host.ask('40 01 00b0000010')).toBe(`4100${'00'.repeat(16)}9000`);
  });

  it('chains blocks both ways, and takes a command in pieces', () => {
    const { host, field } = startedBench();
    const { card, dump } = freshSmartCard();
    field.put(card);
    host.ask('4a 01 00');
    host.ask(`40 01 ${SELECT}`);
    const content = Uint8Array.from({ length: 240 }, (_, index) => index);
    expect(host.ask(`40 41 00d60020f0${hex(content.subarray(0, 100))}`)).toBe('4100');
    expect(host.ask(`40 01 ${hex(content.subarray(100))}`)).toBe('41009000');
    expect(hex(dump.subarray(7 + 32, 7 + 272))).toBe(hex(content));
    expect(host.ask('40 01 00b00020f0')).toBe(`4100${hex(content)}9000`);
  });

  it('gets silence from a card that was taken away', () => {
    const { host, field } = startedBench();
    field.put(freshSmartCard().card);
    host.ask('4a 01 00');
    field.take();
    expect(host.ask(`40 01 ${SELECT}`)).toBe('4101');
    expect(host.ask('4a 01 00')).toBe('4b00');
  });
});
