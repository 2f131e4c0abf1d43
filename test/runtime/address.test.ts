import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AddressError, formatAddress, parseAddress } from '../../runtime/address.ts';

describe('an address', () => {
  it.each([
    ['127.0.0.1:8441', '127.0.0.1', 8441],
    ['clinic-1.example:0', 'clinic-1.example', 0],
    ['localhost:65535', 'localhost', 65_535],
    ['[::1]:8440', '::1', 8440],
    ['[2001:db8::7]:1', '2001:db8::7', 1],
  ])('%s is read, and written again as it was', (text, host, port) => {
    expect(parseAddress(text)).toEqual({ host, port });
    expect(formatAddress({ host, port })).toBe(text);
  });

  it.each([
    '',
    ':8441',
    'host',
    'host:',
    'host:65536',
    'host:-1',
    'host:8441 ',
    'host:0x10',
    'host:1e3',
    'a b:1',
    '::1:8440',
    '[::1',
    '[::1]8440',
    '[fe80::1%eth0]:1',
    '[host]:1',
    '256.1.1.1:1',
    '1.2.3:1',
    'a..b:1',
    '-a:1',
    'host:1:2',
    'http://host:1',
    'ho\nst:1',
  ])('%j is refused', (text) => {
    expect(() => parseAddress(text)).toThrow(AddressError);
  });

  it('takes the default port only where one is given', () => {
    expect(parseAddress('hub.local', { defaultPort: 8441 })).toEqual({ host: 'hub.local', port: 8441 });
    expect(parseAddress('[::1]', { defaultPort: 8441 })).toEqual({ host: '::1', port: 8441 });
    expect(parseAddress('hub.local:1', { defaultPort: 8441 }).port).toBe(1);
    expect(() => parseAddress('hub.local:', { defaultPort: 8441 })).toThrow(AddressError);
  });

  it('says how an IPv6 address without brackets is written', () => {
    expect(() => parseAddress('fe80::1')).toThrow('[fe80::1]:PORT, with the brackets');
  });

  it('any text is an address or an AddressError of one line', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.webAuthority()), (text) => {
        try {
          const address = parseAddress(text);
          expect(parseAddress(formatAddress(address))).toEqual(address);
        } catch (error) {
          expect(error).toBeInstanceOf(AddressError);
          expect((error as Error).message).not.toContain('\n');
        }
      }),
    );
  });
});
