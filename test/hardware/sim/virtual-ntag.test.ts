import { describe, expect, it } from 'vitest';
import { ramMemory } from '../../../hardware/sim/card-memory.ts';
import { crcA, withCrcA } from '../../../hardware/sim/crc-a.ts';
import { blankNtag, NTAG_MODELS, type NtagKind } from '../../../hardware/sim/ntag-models.ts';
import { NotAnNtagError, VirtualNtag } from '../../../hardware/sim/virtual-ntag.ts';
import { bytes, freshTag, hex, UID } from './host.ts';

const KINDS: readonly NtagKind[] = ['NTAG213', 'NTAG215', 'NTAG216'];

/** A tag in a field, activated, and the dump behind it. `change` sets bytes of the dump beforehand. */
function activated(kind: NtagKind = 'NTAG215', change: (dump: Uint8Array) => void = () => {}) {
  const { tag, dump } = freshTag(kind);
  change(dump);
  tag.powerUp();
  tag.activate();
  return { tag, dump, say: (command: string) => say(tag, command) };
}

/** A command in hex; the answer's bytes in hex without a right CRC, a nibble as one digit, 'silent'. */
function say(tag: VirtualNtag, command: string): string {
  const answer = tag.receive(withCrcA(bytes(command)));
  if (answer.kind === 'silent') return 'silent';
  if (answer.kind === 'nibble') return answer.value.toString(16);
  const content = answer.bytes.slice(0, -2);
  expect([...answer.bytes.slice(-2)]).toEqual([...crcA(content)]);
  return hex(content);
}

/** Puts `tag` into ACTIVE again, whatever it was in. */
function again(tag: VirtualNtag): void {
  tag.powerUp();
  tag.activate();
}

describe('CRC_A', () => {
  it.each([
    ['60', 'f832'],
    ['3000', '02a8'],
    ['1bffffffff', '6300'],
    ['5000', '57cd'],
    ['a204deadbeef', '228b'],
  ])('of %s is %s', (frame, crc) => {
    expect(hex(Uint8Array.from(crcA(bytes(frame))))).toBe(crc);
  });
});

describe('a factory-fresh NTAG', () => {
  it.each([
    ['NTAG213', 180, '0f', 'e1101200', '0103a00c340300fe'],
    ['NTAG215', 540, '11', 'e1103e00', '0300fe0000000000'],
    ['NTAG216', 924, '13', 'e1106d00', '0300fe0000000000'],
  ] as const)(
    '%s has its size, version, capability container and empty message',
    (kind, size, code, cc, data) => {
      const { dump, say, tag } = activated(kind);
      expect(dump.length).toBe(size);
      expect(tag.kind).toBe(kind);
      expect(hex(tag.uid)).toBe(UID);
      expect(say('60')).toBe(`000404020100${code}03`);
      expect(say('30 00')).toBe(`04a1b29f c3d4e5f6 04480000 ${cc}`.replaceAll(' ', ''));
      expect(say('3a 04 05')).toBe(data);
      const lock = NTAG_MODELS[kind].dynamicLockPage;
      const [first, last] = [lock, lock + 4].map((page) => page.toString(16));
      expect(say(`3a ${first} ${last}`)).toBe(
        '000000bd 040000ff 00050000 00000000 00000000'.replaceAll(' ', ''),
      );
    },
  );

  it('wants a UID of 7 bytes', () => {
    expect(() => blankNtag('NTAG215', bytes('04a1b2c3'))).toThrow(RangeError);
  });

  it('is none of another size', () => {
    expect(() => new VirtualNtag(ramMemory(new Uint8Array(541)))).toThrow(NotAnNtagError);
  });
});

describe('reading an NTAG', () => {
  it('rolls over to page 0 with READ', () => {
    expect(activated('NTAG213').say('30 2a')).toBe('00050000 00000000 00000000 04a1b29f'.replaceAll(' ', ''));
  });

  it.each(['30 2d', '30 ff', '3a 05 04', '3a 28 2d', '30', '3a 04'])(
    'refuses %s on an NTAG213',
    (command) => {
      expect(activated('NTAG213').say(command)).toBe('0');
    },
  );

  it('reads the whole tag with one FAST_READ', () => {
    const { say, dump } = activated('NTAG213');
    expect(say('3a 00 2c')).toBe(hex(dump.fill(0, 0x2b * 4)));
  });

  it('gives a signature and, once enabled, its count of reads, one for each time it was powered', () => {
    const { say, tag, dump } = activated();
    expect(say('3c 00')).toBe('00'.repeat(32));
    expect(say('39 02')).toBe('0');
    dump.set([0x10], 0x84 * 4);
    for (let time = 0; time < 3; time++) {
      again(tag);
      say('30 00');
      say('30 00');
    }
    expect(say('39 02')).toBe('030000');
  });

  it('is silent to a command with a wrong CRC but for a NAK, and then leaves ACTIVE', () => {
    const { tag } = activated();
    expect(tag.receive(bytes('60 0000'))).toEqual({ kind: 'nibble', value: 0x1 });
    expect(say(tag, '60')).toBe('silent');
  });
});

describe('writing an NTAG', () => {
  it.each(KINDS)('writes every user page of an %s, and no page outside', (kind) => {
    const { say, dump, tag } = activated(kind);
    const { pages, dynamicLockPage } = NTAG_MODELS[kind];
    for (let page = 4; page < dynamicLockPage; page++) {
      expect(say(`a2 ${byte(page)} ${byte(page)}c0ffee`)).toBe('a');
      expect(hex(dump.subarray(page * 4, page * 4 + 4))).toBe(`${byte(page)}c0ffee`);
    }
    for (const page of [0, 1, pages, 0xff]) {
      const before = hex(dump);
      expect(say(`a2 ${byte(page)} 00000000`)).toBe('0');
      expect(hex(dump)).toBe(before);
      again(tag);
    }
  });

  it('writes with COMPATIBILITY_WRITE the first four of sixteen bytes', () => {
    const { say, dump } = activated();
    expect(say('a0 04')).toBe('a');
    expect(say(`01020304${'ff'.repeat(12)}`)).toBe('a');
    expect(hex(dump.subarray(16, 24))).toBe('0102030400000000');
  });

  it('refuses COMPATIBILITY_WRITE of a page that may not be written, or of other than sixteen bytes', () => {
    const { say, tag, dump } = activated();
    expect(say('a0 00')).toBe('0');
    again(tag);
    expect(say('a0 04')).toBe('a');
    expect(say('01020304')).toBe('0');
    again(tag);
    expect(hex(dump.subarray(16, 20))).toBe('0300fe00');
    expect(say('60')).toBe('0004040201001103');
  });

  it('only ever sets bits of the capability container and of lock bytes', () => {
    const { say, dump } = activated();
    say('a2 03 0000000f');
    expect(hex(dump.subarray(12, 16))).toBe('e1103e0f');
    say('a2 02 ffff1000');
    expect(hex(dump.subarray(8, 12))).toBe('04481000');
    say('a2 02 00000001');
    expect(hex(dump.subarray(8, 12))).toBe('04481001');
  });

  it.each([
    ['page 3', '0800', 3],
    ['page 4', '1000', 4],
    ['page 7', '8000', 7],
    ['page 8', '0001', 8],
    ['page 15', '0080', 15],
  ])('locks %s by its static bit, and no other', (_, lock, locked) => {
    const { say, tag } = activated();
    expect(say(`a2 02 0000${lock}`)).toBe('a');
    for (let page = 3; page <= 16; page++) {
      expect(say(`a2 ${byte(page)} 00000000`)).toBe(page === locked ? '0' : 'a');
      again(tag);
    }
  });

  it.each([
    ['NTAG213', '010000', 16, 17],
    ['NTAG213', '000800', 38, 39],
    ['NTAG215', '010000', 16, 31],
    ['NTAG215', '800000', 128, 129],
    ['NTAG216', '002000', 224, 225],
  ] as const)('%s locks by dynamic bits %s pages %i to %i', (kind, bits, first, last) => {
    const { say, tag } = activated(kind);
    const { dynamicLockPage } = NTAG_MODELS[kind];
    expect(say(`a2 ${byte(dynamicLockPage)} ${bits}ff`)).toBe('a');
    expect(say(`30 ${byte(dynamicLockPage)}`)).toMatch(new RegExp(`^${bits}bd`));
    for (let page = 16; page < dynamicLockPage; page++) {
      expect(say(`a2 ${byte(page)} 00000000`)).toBe(page >= first && page <= last ? '0' : 'a');
      again(tag);
    }
  });

  it('leaves lock bits as they are that are blocked', () => {
    const { say, dump } = activated();
    say('a2 02 00000200');
    say('a2 02 0000f0ff');
    expect(hex(dump.subarray(10, 12))).toBe('02fc');
    say('a2 82 00000100');
    say('a2 82 ff000000');
    expect(hex(dump.subarray(0x82 * 4, 0x82 * 4 + 4))).toBe('fc0001bd');
  });

  it('is silent when halted, until it is woken', () => {
    const { say, tag } = activated();
    expect(say('50 00')).toBe('silent');
    expect(say('60')).toBe('silent');
    expect(tag.activate()).toBe(true);
    expect(say('60')).toBe('0004040201001103');
  });

  it('takes a call while ACTIVE for an error, and answers the next', () => {
    const { tag, say } = activated();
    expect(tag.activate()).toBe(false);
    expect(say('60')).toBe('silent');
    expect(tag.activate()).toBe(true);
  });

  it('leaves ACTIVE at a command it does not know', () => {
    const { say } = activated();
    expect(say('ff')).toBe('0');
    expect(say('60')).toBe('silent');
  });
});

describe('an NTAG with a password', () => {
  /** Pages from 8 on protected by 12345678, PACK abcd; `access` as in CFG1. */
  function guarded(access: number) {
    return activated('NTAG215', (dump) => {
      dump.set([8], 0x83 * 4 + 3);
      dump.set([access], 0x84 * 4);
      dump.set([0x12, 0x34, 0x56, 0x78, 0xab, 0xcd], 0x85 * 4);
    });
  }

  it('never gives PWD and PACK out', () => {
    const { say } = guarded(0x00);
    expect(say('1b 12345678')).toBe('abcd');
    expect(say('3a 85 86')).toBe('00'.repeat(8));
    expect(say('30 85').slice(0, 16)).toBe('00'.repeat(8));
  });

  it('refuses writing without it, and allows it with it', () => {
    const { say, tag } = guarded(0x00);
    expect(say('a2 07 00000001')).toBe('a');
    expect(say('a2 08 00000001')).toBe('0');
    again(tag);
    expect(say('30 08')).toBe('00'.repeat(16));
    expect(say('1b 12345678')).toBe('abcd');
    expect(say('a2 08 00000001')).toBe('a');
  });

  it('refuses reading too where PROT is set; READ rolls over where the protection begins', () => {
    const { say, tag } = guarded(0x80);
    expect(say('30 08')).toBe('0');
    again(tag);
    expect(say('3a 04 08')).toBe('0');
    again(tag);
    expect(say('30 06')).toBe('0000000000000000 04a1b29f c3d4e5f6'.replaceAll(' ', ''));
    expect(say('1b 12345678')).toBe('abcd');
    expect(say('3a 04 08')).toHaveLength(40);
  });

  it('forgets that it was given at a NAK, at HALT and without power', () => {
    const { say, tag } = guarded(0x80);
    for (const forget of [() => say('ff'), () => say('50 00'), () => tag.powerUp()]) {
      again(tag);
      expect(say('1b 12345678')).toBe('abcd');
      forget();
      tag.activate();
      expect(say('30 08')).toBe('0');
    }
  });

  it('is closed after as many wrong ones as AUTHLIM says, even to the right one', () => {
    const { say, tag } = guarded(0x02);
    for (let attempt = 0; attempt < 2; attempt++) {
      expect(say('1b 00000000')).toBe('0');
      again(tag);
    }
    expect(say('1b 12345678')).toBe('4');
  });

  it('counts wrong ones anew after a right one, and not at all without AUTHLIM', () => {
    const limited = guarded(0x02);
    for (let round = 0; round < 3; round++) {
      expect(limited.say('1b 00000000')).toBe('0');
      again(limited.tag);
      expect(limited.say('1b 12345678')).toBe('abcd');
    }
    const open = guarded(0x00);
    for (let attempt = 0; attempt < 20; attempt++) {
      open.say('1b 00000000');
      again(open.tag);
    }
    expect(open.say('1b 12345678')).toBe('abcd');
  });

  it('takes a new AUTH0 into account at the next activation', () => {
    const { say, tag } = activated();
    expect(say('a2 83 04000004')).toBe('a');
    expect(say('a2 04 00000000')).toBe('a');
    again(tag);
    expect(say('a2 04 00000000')).toBe('0');
  });

  it('keeps its configuration for ever once CFGLCK is set', () => {
    const { say, tag } = activated();
    expect(say('a2 84 40050000')).toBe('a');
    again(tag);
    expect(say('a2 83 040000ff')).toBe('0');
    again(tag);
    expect(say('a2 84 00050000')).toBe('0');
  });
});

describe('an NTAG torn away while it writes', () => {
  it.each([
    ['old', '0300fe00'],
    ['new', 'fedcba98'],
    ['zero', '00000000'],
    ['mix', '5688ba88'],
  ] as const)('holds the %s content of the page, and is silent until it is powered anew', (how, content) => {
    const { say, dump, tag } = activated();
    tag.tearNextWrite(how);
    expect(say('a2 04 fedcba98')).toBe('silent');
    expect(hex(dump.subarray(16, 20))).toBe(content);
    expect(say('60')).toBe('silent');
    expect(tag.activate()).toBe(true);
    expect(say('a2 04 01020304')).toBe('a');
  });

  it.each([
    ['02', '00001000', 8],
    ['03', '0000000f', 12],
    ['82', '01000000', 0x82 * 4],
  ])('holds whole content on page %s, which is protected against it', (page, data, offset) => {
    for (const how of ['zero', 'mix'] as const) {
      const { say, dump, tag } = activated();
      const before = hex(dump.subarray(offset, offset + 4));
      tag.tearNextWrite(how);
      expect(say(`a2 ${page} ${data}`)).toBe('silent');
      expect(hex(dump.subarray(offset, offset + 4))).toBe(before);
    }
  });
});

function byte(value: number): string {
  return value.toString(16).padStart(2, '0');
}
