import { describe, expect, it } from 'vitest';
import { freshSmartCard, freshTag, startedBench } from './host.ts';

describe('commands of the virtual PN532', () => {
  it('diagnoses itself', () => {
    const { host, field } = startedBench();
    expect(host.ask('00 00 6c69')).toBe('01006c69');
    for (const test of ['01', '02', '04', '07']) expect(host.ask(`00 ${test}`)).toBe('0100');
    expect(host.ask('00 05 01')).toBeNull();
    expect(host.ask('00 06')).toBe('0127');
    field.put(freshSmartCard().card);
    host.ask('4a 01 00');
    expect(host.ask('00 06')).toBe('0100');
    field.take();
    expect(host.ask('00 06')).toBe('0101');
    expect(host.ask('00 08')).toBe('error');
  });

  it('echoes the longest line test in an extended frame', () => {
    const { host } = startedBench();
    const data = '5a'.repeat(262);
    expect(host.ask(`00 00 ${data}`)).toBe(`0100${data}`);
  });

  it('tells its status: field, targets, SAM', () => {
    const { host, field } = startedBench();
    expect(host.ask('04')).toBe('0500010001');
    host.ask('32 01 00');
    expect(host.ask('04')).toBe('0500000001');
    field.put(freshTag().tag);
    host.ask('4a 01 00');
    expect(host.ask('04')).toBe('050001010100001001');
  });

  it('keeps registers', () => {
    const { host } = startedBench();
    expect(host.ask('06 6302 6303 6305 633c 6301')).toBe('078080401000');
    expect(host.ask('08 6302 00 6301 5a')).toBe('09');
    expect(host.ask('06 6301 6302')).toBe('075a00');
    expect(host.ask('06 63')).toBe('error');
    expect(host.ask('08 6302')).toBe('error');
  });

  it.each(['0e 01', '8c 00', '56 00', '50 01', '99', '02 00', '32 01', '32 77 00', '14 07', '4a 03 00'])(
    'gives the error frame for %s, which it does not know or which is too short',
    (command) => {
      expect(startedBench().host.ask(command)).toBe('error');
    },
  );
});

describe('finding cards', () => {
  it('lists a tag, a smart card with its ATS, and nothing where nothing is', () => {
    const { host, field } = startedBench();
    expect(host.ask('4a 01 00')).toBe('4b00');
    field.put(freshTag().tag);
    expect(host.ask('4a 01 00')).toBe('4b01010044000704a1b2c3d4e5f6');
    field.put(freshSmartCard().card);
    expect(host.ask('4a 02 00')).toBe('4b01010344200704a1b2c3d4e5f6067577810280');
  });

  it('sends no RATS when told so', () => {
    const { host, field } = startedBench();
    field.put(freshSmartCard().card);
    host.ask('12 04');
    expect(host.ask('4a 01 00')).toBe('4b01010344200704a1b2c3d4e5f6');
    expect(host.ask('42 e050')).toBe('4300067577810280');
  });

  it('lists a card of the UID that is asked for, and no other', () => {
    const { host, field } = startedBench();
    field.put(freshTag().tag);
    expect(host.ask('4a 01 00 88 04a1b2c3d4e5f7')).toBe('4b00');
    expect(host.ask('4a 01 00 04a1b2c3d4e5f6')).toBe('4b00');
    expect(host.ask('4a 01 00 88 04a1b2c3d4e5f6')).toMatch(/^4b01/);
  });

  it.each(['01 00 ffff0100', '02 00 ffff0100', '03 00', '04'])('finds no card of type %s', (type) => {
    const { host, field } = startedBench();
    field.put(freshTag().tag);
    expect(host.ask(`4a 01 ${type}`)).toBe('4b00');
  });

  it('misses a tag that is still ACTIVE once, and then finds it', () => {
    const { host, field } = startedBench();
    field.put(freshTag().tag);
    expect(host.ask('4a 01 00')).toMatch(/^4b01/);
    expect(host.ask('4a 01 00')).toBe('4b00');
    expect(host.ask('4a 01 00')).toMatch(/^4b01/);
  });

  it.each([
    ['InRelease', '52 00'],
    ['InDeselect', '44 01'],
    ['a NAK', '42 ff'],
  ])('misses no tag after %s', (_, command) => {
    const { host, field } = startedBench();
    field.put(freshTag().tag);
    host.ask('4a 01 00');
    host.ask(command);
    expect(host.ask('4a 01 00')).toMatch(/^4b01/);
  });

  it('misses no tag after the antenna was off', () => {
    const { host, field } = startedBench();
    field.put(freshTag().tag);
    host.ask('4a 01 00');
    host.ask('32 01 00');
    expect(host.ask('4a 01 00')).toMatch(/^4b01/);
  });

  it('waits for a card when it is to try without end', async () => {
    const { host, field, clock } = startedBench();
    host.ask('32 05 00 01 ff');
    expect(host.ask('4a 01 00')).toBeNull();
    await clock.advance(5_000);
    expect(host.heard()).toBe('');
    field.put(freshTag().tag);
    await clock.advance(100);
    expect(host.response()).toMatch(/^4b01/);
  });

  it('polls by itself, type after type, until its rounds are over', async () => {
    const { host, field, clock } = startedBench();
    expect(host.ask('60 02 01 20 10')).toBeNull();
    await clock.advance(599);
    expect(host.heard()).toBe('');
    await clock.advance(2);
    expect(host.response()).toBe('6100');

    host.command('60 ff 01 20 10');
    host.heard();
    await clock.advance(10_000);
    field.put(freshTag().tag);
    await clock.advance(300);
    expect(host.response()).toBe('6101100c01004400 0704a1b2c3d4e5f6'.replace(' ', ''));

    field.put(freshSmartCard().card);
    expect(host.ask('60 01 01 20 10')).toBe('6101201201034420 0704a1b2c3d4e5f6067577810280'.replace(' ', ''));
    expect(host.ask('60 00 01 20')).toBe('error');
    expect(host.ask('60 01 10 20')).toBe('error');
  });

  it('deselects, selects, and releases', () => {
    const { host, field } = startedBench();
    expect(host.ask('54 01')).toBe('5527');
    expect(host.ask('44 00')).toBe('4500');
    expect(host.ask('52 01')).toBe('5327');
    field.put(freshTag().tag);
    host.ask('4a 01 00');
    expect(host.ask('44 01')).toBe('4500');
    expect(host.ask('40 01 30 00')).toBe('4127');
    expect(host.ask('54 01')).toBe('5500');
    expect(host.ask('40 01 30 00')).toMatch(/^4100/);
    expect(host.ask('44 01')).toBe('4500');
    field.take();
    expect(host.ask('54 01')).toBe('5501');
    expect(host.ask('52 00')).toBe('5300');
    expect(host.ask('54 01')).toBe('5527');
  });
});
