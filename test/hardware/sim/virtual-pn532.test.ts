import { describe, expect, it } from 'vitest';
import { ramMemory } from '../../../hardware/sim/card-memory.ts';
import { HandField } from '../../../hardware/sim/field.ts';
import { blankNtag } from '../../../hardware/sim/ntag-models.ts';
import { VirtualNtag } from '../../../hardware/sim/virtual-ntag.ts';
import { VirtualPn532 } from '../../../hardware/sim/virtual-pn532.ts';
import { SimulatedClock } from '../../../runtime/simulated-clock.ts';
import { ACK, bytes, Host } from './host.ts';

function bench() {
  const clock = new SimulatedClock();
  const field = new HandField();
  const chip = new VirtualPn532({ clock, field });
  const host = new Host(chip);
  const tag = new VirtualNtag(ramMemory(blankNtag('NTAG215', bytes('04a1b2c3d4e5f6'))));
  return { clock, field, chip, host, tag };
}

describe('the virtual PN532', () => {
  it('answers the opening of libnfc, byte for byte', () => {
    const { host } = bench();
    host.send('55550000000000000000000000000000' + '0000ff03fdd414011700');
    expect(host.heard()).toBe(`${ACK}0000ff02fed5151600`);
    host.send('0000ff09f7d400006c69626e6663be00');
    expect(host.heard()).toBe(`${ACK}0000ff09f7d501006c69626e6663bc00`);
    host.send('0000ff02fed4022a00');
    expect(host.heard()).toBe(`${ACK}0000ff06fad50332010607e800`);
    host.send('0000ff03fdd412140600');
    expect(host.heard()).toBe(`${ACK}0000ff02fed5131800`);
    host.send('0000ff0cf4d406630263036 30d6338633db000'.replace(' ', ''));
    expect(host.heard()).toBe(`${ACK}0000ff07f9d50780800000002400`);
  });

  it('lists a tag and reads it', () => {
    const { host, field, tag } = bench();
    host.start();
    host.ask('32 05 00 01 02');
    expect(host.ask('4a 01 00')).toBe('4b00');
    field.put(tag);
    expect(host.ask('4a 01 00')).toBe('4b010100440007' + '04a1b2c3d4e5f6');
    expect(host.ask('40 01 30 03')).toBe('4100' + 'e1103e00' + '0300fe00' + '0000000000000000');
    expect(host.ask('40 01 a2 04 deadbeef')).toBe('4100');
    expect(host.ask('42 3a 04 05')).toBe('4300' + 'deadbeef00000000');
  });
});
