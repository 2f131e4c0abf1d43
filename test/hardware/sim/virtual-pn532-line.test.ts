import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ACK, bench, commandFrame, freshSmartCard, freshTag, hex, NACK, startedBench, WAKE } from './host.ts';

const VERSION = `${ACK}0000ff06fad50332010607e800`;

describe('the line of the virtual PN532', () => {
  it('answers the opening of libnfc, byte for byte', () => {
    const { host } = bench();
    host.send('55550000000000000000000000000000 0000ff03fdd414011700');
    expect(host.heard()).toBe(`${ACK}0000ff02fed5151600`);
    host.send('0000ff09f7d400006c69626e6663be00');
    expect(host.heard()).toBe(`${ACK}0000ff09f7d501006c69626e6663bc00`);
    host.send('0000ff02fed4022a00');
    expect(host.heard()).toBe(VERSION);
    host.send('0000ff03fdd412140600');
    expect(host.heard()).toBe(`${ACK}0000ff02fed5131800`);
    host.send('0000ff0cf4d4066302630363 0d6338633db000');
    expect(host.heard()).toBe(`${ACK}0000ff07f9d50780800000002400`);
  });

  it('loses the first command when it was not woken, and hears the next one', async () => {
    const { host, chip, clock } = bench();
    host.command('02');
    expect(host.heard()).toBe('');
    expect(chip.state).toBe('asleep');
    await clock.advance(1);
    host.command('02');
    expect(host.heard()).toBe(VERSION);
    expect(chip.state).toBe('lowVbat');
  });

  it('loses a command that comes before its oscillator runs', async () => {
    const { host, clock } = bench();
    host.send('55 0000');
    host.command('02');
    expect(host.heard()).toBe('');
    await clock.advance(0.9);
    host.send('55 0000');
    await clock.advance(2);
    host.command('02');
    expect(host.heard()).toBe(VERSION);
  });

  it('finds no card before SAMConfiguration', () => {
    const { host, field, chip } = bench();
    field.put(freshTag().tag);
    chip.receive(WAKE);
    host.ask('32 05 00 01 00');
    expect(host.ask('4a 01 00')).toBe('4b00');
    host.ask('14 01');
    expect(chip.state).toBe('normal');
    expect(host.ask('4a 01 00')).toMatch(/^4b01/);
  });

  it('sleeps after PowerDown until bytes wake it, or for ever when these were not to', () => {
    const { host, chip, field } = startedBench();
    field.put(freshTag().tag);
    host.ask('4a 01 00');
    expect(host.ask('16 10')).toBe('1700');
    expect(chip.state).toBe('asleep');
    chip.receive(WAKE);
    expect(host.ask('40 01 30 00')).toBe('4127');
    expect(host.ask('16 20')).toBe('1700');
    for (let attempt = 0; attempt < 3; attempt++) chip.receive(WAKE);
    expect(host.ask('02')).toBeNull();
    chip.powerCycle();
    chip.receive(WAKE);
    expect(host.ask('02')).toBe('0332010607');
  });

  it('hears a command byte by byte, after noise, and in an extended frame', () => {
    const { host, chip } = startedBench();
    host.heard();
    for (const byte of commandFrame('02')) chip.receive(Uint8Array.of(byte));
    expect(host.heard()).toBe(VERSION);
    host.send('ff 55 00 00 00 0000ff02fed4022a00');
    expect(host.heard()).toBe(VERSION);
    host.send('0000ff ffff 0002 fe d402 2a 00');
    expect(host.heard()).toBe(VERSION);
  });

  it.each([
    ['a wrong LCS', '0000ff02ffd4022a00'],
    ['a wrong DCS', '0000ff02fed4022b00'],
    ["the chip's own direction", '0000ff02fed5022900'],
  ])('is silent on a frame with %s, and hears the next one', (_, frame) => {
    const { host } = startedBench();
    host.heard();
    host.send(frame);
    expect(host.heard()).toBe('');
    expect(host.ask('02')).toBe('0332010607');
  });

  it('sends its last response again on a NACK, without an ACK', () => {
    const { host } = startedBench();
    host.ask('02');
    host.send(NACK);
    expect(host.heard()).toBe(VERSION.slice(ACK.length));
    const fresh = bench();
    fresh.chip.receive(WAKE);
    fresh.host.send(NACK);
    expect(fresh.host.heard()).toBe('');
  });

  it.each([
    ['an ACK of the host', ACK],
    ['a new command', hex(commandFrame('02'))],
  ])('ends the command that runs on %s', async (_, interruption) => {
    const { host, field, clock } = startedBench();
    host.ask('32 05 00 01 ff');
    expect(host.ask('4a 01 00')).toBeNull();
    host.send(interruption);
    host.heard();
    field.put(freshTag().tag);
    await clock.advance(1_000);
    expect(host.heard()).toBe('');
    expect(host.ask('02')).toBe('0332010607');
  });

  it('changes its speed on the ACK after SetSerialBaudRate, and keeps it until its power goes', () => {
    const { host, chip } = startedBench();
    chip.setHostSpeed(115_200);
    expect(host.ask('10 07')).toBe('11');
    expect(chip.speed).toBe(115_200);
    host.send(ACK);
    expect(chip.speed).toBe(921_600);
    expect(host.ask('02')).toBeNull();
    chip.setHostSpeed(921_600);
    expect(host.ask('02')).toBe('0332010607');
    expect(host.ask('10 09')).toBe('error');
    chip.powerCycle();
    expect(chip.speed).toBe(115_200);
  });

  it('stays at its speed when another command follows SetSerialBaudRate', () => {
    const { host, chip } = startedBench();
    host.ask('10 07');
    host.ask('02');
    host.send(ACK);
    expect(chip.speed).toBe(115_200);
  });

  it('understands nothing of a host that changed its speed alone', () => {
    const { host, chip } = startedBench();
    chip.setHostSpeed(9_600);
    chip.receive(WAKE);
    host.command('02');
    expect(host.heard()).toBe('');
  });

  it('takes any bytes without failing', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }), (chunks) => {
        const { chip, host } = startedBench();
        for (const chunk of chunks) chip.receive(chunk);
        host.send(`${ACK}${'00'.repeat(300)}`);
        expect(host.ask('02')).toBe('0332010607');
      }),
    );
  });

  it('answers any command on any card, or gives the error frame', () => {
    const code = fc.constantFrom(
      0x00,
      0x04,
      0x06,
      0x08,
      0x12,
      0x32,
      0x40,
      0x42,
      0x44,
      0x4a,
      0x52,
      0x54,
      0x60,
    );
    const command = fc.tuple(code, fc.uint8Array({ maxLength: 263 }));
    fc.assert(
      fc.property(fc.boolean(), fc.array(command, { maxLength: 30 }), (smart, commands) => {
        const { host, field } = startedBench();
        field.put(smart ? freshSmartCard().card : freshTag().tag);
        for (const [first, parameters] of commands) {
          host.ask('4a 01 00');
          host.heard();
          host.command(hex(Uint8Array.of(first, ...parameters)));
          expect(host.heard().startsWith(ACK)).toBe(true);
        }
        host.send(ACK);
        expect(host.ask('02')).toBe('0332010607');
      }),
    );
  });
});
