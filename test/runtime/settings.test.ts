import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  addressSetting,
  booleanSetting,
  choiceSetting,
  integerSetting,
  keepSettings,
  loadSettings,
  SettingsError,
} from '../../runtime/settings.ts';
import { temporaryFolder } from './temporary-folder.ts';

const schema = z.object({
  logLevel: choiceSetting(['debug', 'info']).default('info'),
  tries: integerSetting(1, 10).default(3),
  listen: addressSetting(8441).optional(),
  metrics: booleanSetting().default(false),
});

function sources(given: {
  flags?: Record<string, unknown>;
  environment?: Record<string, string>;
  file?: string;
}) {
  const file = join(temporaryFolder(), 'settings.json');
  if (given.file !== undefined) {
    writeFileSync(file, given.file);
  }
  return { flags: given.flags ?? {}, environment: given.environment ?? {}, file };
}

describe('settings', () => {
  it('are the defaults where nothing is said', async () => {
    expect(await loadSettings(schema, sources({}))).toEqual({ logLevel: 'info', tries: 3, metrics: false });
  });

  it('come from the flag before the variable before the file before the default', async () => {
    const file = JSON.stringify({ tries: 7, metrics: true, listen: 'hub.local:1', logLevel: 'info' });
    const environment = { CARDEA_TRIES: '8', CARDEA_LOG_LEVEL: 'debug' };
    expect(await loadSettings(schema, sources({ file }))).toMatchObject({ tries: 7, logLevel: 'info' });
    expect(await loadSettings(schema, sources({ file, environment }))).toMatchObject({ tries: 8 });
    expect(await loadSettings(schema, sources({ file, environment, flags: { tries: '9' } }))).toEqual({
      logLevel: 'debug',
      tries: 9,
      listen: { host: 'hub.local', port: 1 },
      metrics: true,
    });
  });

  it('an empty variable counts as not set', async () => {
    const environment = { CARDEA_TRIES: '' };
    expect(await loadSettings(schema, sources({ environment }))).toMatchObject({ tries: 3 });
  });

  it('every wrong value is named with its source and what is expected', async () => {
    const given = sources({
      flags: { logLevel: 'loud' },
      environment: { CARDEA_TRIES: '11' },
      file: '{"listen": 8441, "metrics": "yes"}',
    });
    const loading = loadSettings(schema, given);
    await expect(loading).rejects.toThrow(SettingsError);
    await expect(loading).rejects.toThrow(
      [
        '--log-level is "loud": expected one of debug, info',
        'CARDEA_TRIES is "11": expected a whole number from 1 to 10',
        `"listen" in ${given.file} is 8441: expected HOST or HOST:PORT (else port 8441)`,
        `"metrics" in ${given.file} is "yes": expected true or false`,
      ].join('; '),
    );
  });

  it('a bad value is refused even where a stronger source is good only for another setting', async () => {
    const given = sources({ flags: { tries: '2' }, file: '{"logLevel": null}' });
    await expect(loadSettings(schema, given)).rejects.toThrow('"logLevel" in');
  });

  it('a setting that is needed and missing is asked for by all its names', async () => {
    const needed = z.object({ hubAddress: addressSetting() });
    const given = sources({});
    await expect(loadSettings(needed, given)).rejects.toThrow(
      `--hub-address is needed: give it so, as CARDEA_HUB_ADDRESS, or as "hubAddress" in ${given.file}`,
    );
  });

  it.each(['logLevl', '__proto__', 'constructor', 'log-level'])(
    'refuses the unknown %s in the file',
    async (name) => {
      const given = sources({ file: `{"${name}": {}}` });
      await expect(loadSettings(schema, given)).rejects.toThrow(`${given.file} has a setting "${name}"`);
    },
  );

  it.each(['', '{', '[]', 'null', '"text"', '{"tries": 1} x'])('refuses the file %j', async (file) => {
    await expect(loadSettings(schema, sources({ file }))).rejects.toThrow('is not one JSON object');
  });

  it('whatever is given, settings come out or a SettingsError does', async () => {
    const anyFlags = fc.record(
      { logLevel: fc.anything(), tries: fc.anything(), listen: fc.anything(), metrics: fc.anything() },
      { requiredKeys: [] },
    );
    const file = join(temporaryFolder(), 'settings.json');
    await fc.assert(
      fc.asyncProperty(anyFlags, fc.string(), fc.json(), async (flags, text, json) => {
        writeFileSync(file, json);
        try {
          await loadSettings(schema, { flags, environment: { CARDEA_LISTEN: text }, file });
        } catch (cause) {
          expect(cause).toBeInstanceOf(SettingsError);
        }
      }),
    );
  });
});

describe('keepSettings', () => {
  it('writes a choice beside those that are there', async () => {
    const { file } = sources({ file: '{"tries": 4}' });
    await keepSettings(file, { listen: '[::1]:9', metrics: true });
    await keepSettings(file, { metrics: false });
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ tries: 4, listen: '[::1]:9', metrics: false });
    const settings = await loadSettings(schema, { flags: {}, environment: {}, file });
    expect(settings.listen).toEqual({ host: '::1', port: 9 });
  });

  it('does not overwrite a file that it cannot read', async () => {
    const { file } = sources({ file: '{"tries": 4' });
    await expect(keepSettings(file, { tries: 5 })).rejects.toThrow(SettingsError);
    expect(readFileSync(file, 'utf8')).toBe('{"tries": 4');
  });
});
