import { describe, expect, it } from 'vitest';
import { checkParts, STANDARD_PARTS } from '../../../hardware/panel/panel-parts.ts';
import { parseSensor, SENSOR_KINDS } from '../../../hardware/sensor/sensor-kinds.ts';

describe('the name of a sensor', () => {
  it('is its kind, at its usual place', () => {
    expect(SENSOR_KINDS).toEqual(['mcp9808', 'tmp102', 'scale']);
    for (const kind of SENSOR_KINDS) {
      const { measures } = parseSensor(kind);
      expect(measures).toBe(kind === 'scale' ? 'body-weight' : 'body-temperature');
    }
    expect(parseSensor('mcp9808')).toMatchObject({ bus: 'i2c', address: 0x18 });
    expect(parseSensor('scale')).toMatchObject({ bus: 'analog', pin: 'A0', atZero: 0, atFull: 200 });
  });

  it('has its place, and for a scale what it means, where they are others', () => {
    expect(parseSensor('mcp9808@0x1F')).toMatchObject({ address: 0x1f });
    expect(parseSensor('tmp102@0x4b')).toMatchObject({ address: 0x4b });
    expect(parseSensor('scale@A1,0..150')).toMatchObject({ pin: 'A1', atZero: 0, atFull: 150 });
    expect(parseSensor('scale,-2.5..200')).toMatchObject({ pin: 'A0', atZero: -2.5, atFull: 200 });
  });

  it.each([
    '',
    'thermometer',
    'toString',
    'MCP9808',
    'mcp9808@',
    'mcp9808@0x20',
    'mcp9808@24',
    'mcp9808@A0',
    'tmp102@0x18',
    'lm35@A0',
    'scale@A4',
    'scale@0x18',
    'mcp9808,0..100',
    'scale,0..',
    'scale,0..0',
    'scale,..5',
    'scale,1-2',
    'scale,1..2..3',
    'scale@A0 ',
  ])('is refused as "%s"', (text) => {
    expect(() => parseSensor(text)).toThrow(expect.objectContaining({ code: 'sensor-kind' }));
  });

  it.each([
    ['mcp9808', { ...STANDARD_PARTS, display: { columns: 16, rows: 2, address: 0x18 } } as const],
    ['scale@A1', { ...STANDARD_PARTS, piezo: { pin: 15 } }],
    ['scale@A1', { ...STANDARD_PARTS, piezo: { pin: 'A1' } }],
  ])('is refused as %s where another part of the panel is', (text, parts) => {
    expect(() => checkParts(parts, parseSensor(text))).toThrow(
      expect.objectContaining({ code: 'panel-parts' }),
    );
    expect(() => checkParts(STANDARD_PARTS, parseSensor(text))).not.toThrow();
  });
});
