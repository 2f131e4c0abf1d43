import { describe, expect, it } from 'vitest';
import { PanelPartsError } from '../../../hardware/panel/errors.ts';
import {
  checkParts,
  keysOf,
  panelPartsSetting,
  STANDARD_PARTS,
} from '../../../hardware/panel/panel-parts.ts';

describe('the setting of a panel’s parts', () => {
  it('takes the standard wiring, and gives what is left out its default', () => {
    const written = {
      light: { pins: [9, 10, 11] },
      piezo: { pin: 3 },
      display: { columns: 16, rows: 2, address: '0x27' },
      keypad: { address: '0x5A' },
    };
    expect(panelPartsSetting.parse(written)).toEqual(STANDARD_PARTS);
  });

  it('takes a panel with nothing but one part, and one with none', () => {
    expect(panelPartsSetting.parse({ piezo: { pin: 'GPIO18' } })).toEqual({ piezo: { pin: 'GPIO18' } });
    expect(panelPartsSetting.parse({})).toEqual({});
  });

  it('takes a display of 20×4', () => {
    const display = { columns: 20, rows: 4, address: 0x3f };
    expect(panelPartsSetting.parse({ display })).toEqual({ display });
  });

  it.each([
    ['two pins for a light', { light: { pins: [9, 10] } }],
    ['a pin below 0', { piezo: { pin: -1 } }],
    ['a display of 16×4', { display: { columns: 16, rows: 4, address: 0x27 } }],
    ['a display of 40×2', { display: { columns: 40, rows: 2, address: 0x27 } }],
    ['an address that I2C keeps for itself', { keypad: { address: 0x03 } }],
    ['an address that is none', { keypad: { address: '5A' } }],
    ['a layout with a key twice', { keypad: { address: 0x5a, layout: '113456789*0#' } }],
    ['a layout of eleven keys', { keypad: { address: 0x5a, layout: '123456789*0' } }],
    ['a part that does not exist', { beeper: { pin: 3 } }],
    ['a wrong name in a part', { light: { pins: [9, 10, 11], anode: true } }],
  ])('refuses %s', (_what, written) => {
    expect(panelPartsSetting.safeParse(written).success).toBe(false);
  });

  it('names the keys at the electrodes in the order of the layout', () => {
    expect(keysOf({ address: 0x5a, layout: '#0*987654321' }).join('')).toBe('#0*987654321');
  });
});

describe('checkParts', () => {
  it('finds nothing wrong with the standard wiring', () => {
    expect(() => checkParts(STANDARD_PARTS)).not.toThrow();
  });

  it('refuses two leads at one pin', () => {
    expect(() => checkParts({ ...STANDARD_PARTS, piezo: { pin: 10 } })).toThrow(PanelPartsError);
  });

  it('refuses display and keypad at one address', () => {
    const keypad = { address: 0x27, layout: '123456789*0#' };
    expect(() => checkParts({ ...STANDARD_PARTS, keypad })).toThrow(PanelPartsError);
  });
});
