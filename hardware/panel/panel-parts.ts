import { z } from 'zod';
import type { SensorPart } from '../sensor/sensor-kinds.ts';
import { PanelPartsError } from './errors.ts';
import type { Key } from './key-entry.ts';

const KEYS = '0123456789*#';

const pin = z.union([z.int().min(0).max(127), z.string().min(1).max(16)], {
  error: 'a pin: a number on an Arduino, a name such as "GPIO18" on a Pi',
});

const i2cAddress = z
  .union(
    [
      z.int(),
      z
        .string()
        .regex(/^0x[0-9a-f]{2}$/i)
        .transform(Number),
    ],
    {
      error: 'an I2C address: 39, or "0x27"',
    },
  )
  .pipe(z.int().min(0x08, 'an I2C address from 0x08').max(0x77, 'an I2C address up to 0x77'));

const light = z.strictObject({
  /** Red, green and blue; each can dim (PWM). */
  pins: z.tuple([pin, pin, pin]),
  /** The common lead is the plus: the light is on where the pin is low. */
  commonAnode: z.boolean().default(false),
});

const piezo = z.strictObject({ pin });

/** An HD44780 behind a PCF8574. */
const display = z
  .strictObject({
    columns: z.union([z.literal(16), z.literal(20)]),
    rows: z.union([z.literal(2), z.literal(4)]),
    /** PCF8574: 0x20 to 0x27; PCF8574A: 0x38 to 0x3F. */
    address: i2cAddress,
  })
  .refine(({ columns, rows }) => (columns === 16) === (rows === 2), 'a display of 16×2 or 20×4');

/** An MPR121. */
const keypad = z.strictObject({
  address: i2cAddress,
  /** The keys at the chip's electrodes 0 to 11. */
  layout: z
    .string()
    .refine((text) => [...text].sort().join('') === [...KEYS].sort().join(''), {
      error: `the twelve keys ${KEYS}, each once`,
    })
    .default('123456789*0#'),
});

/** The schema of the setting `panelParts`: a part that is not named is not there. */
export const panelPartsSetting = z.strictObject({
  light: light.optional(),
  piezo: piezo.optional(),
  display: display.optional(),
  keypad: keypad.optional(),
});

/** Which parts a panel has, and where they are wired. */
export type PanelParts = z.output<typeof panelPartsSetting>;
export type PartName = keyof PanelParts;
export type Pin = z.output<typeof pin>;

/** A panel wired to an Arduino Nano or Uno as hardware/README.md draws it. */
export const STANDARD_PARTS: PanelParts = {
  light: { pins: [9, 10, 11], commonAnode: false },
  piezo: { pin: 3 },
  display: { columns: 16, rows: 2, address: 0x27 },
  keypad: { address: 0x5a, layout: '123456789*0#' },
};

/** The key at each electrode. */
export function keysOf({ layout }: NonNullable<PanelParts['keypad']>): readonly Key[] {
  return [...layout].filter(isKey);
}

/** @throws PanelPartsError when two parts are wired to the same place */
export function checkParts({ light, piezo, display, keypad }: PanelParts, sensor?: SensorPart): void {
  const pins = [...(light?.pins ?? []), ...(piezo === undefined ? [] : [piezo.pin])];
  if (new Set(pins).size < pins.length) {
    throw new PanelPartsError('two leads of the panel have the same pin: give each its own in panelParts');
  }
  if (display !== undefined && display.address === keypad?.address) {
    throw new PanelPartsError('display and keypad of the panel have the same I2C address: check panelParts');
  }
  if (sensor?.bus === 'i2c' && [display?.address, keypad?.address].includes(sensor.address)) {
    throw new PanelPartsError(
      'the sensor has the I2C address of another part of the panel: check sensor and panelParts',
    );
  }
  if (sensor?.bus === 'analog' && pins.some((pin) => pinNumber(pin) === pinNumber(sensor.pin))) {
    throw new PanelPartsError(
      'the sensor has the pin of another part of the panel: check sensor and panelParts',
    );
  }
}

/** A0 of a Nano or Uno is its pin 14. */
function pinNumber(pin: Pin): Pin {
  const [, analog] = /^A([0-3])$/.exec(String(pin)) ?? [];
  return analog === undefined ? pin : 14 + Number(analog);
}

function isKey(text: string): text is Key {
  return text.length === 1 && KEYS.includes(text);
}
