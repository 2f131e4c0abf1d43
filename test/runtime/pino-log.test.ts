import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openLog, silentLog } from '../../runtime/pino-log.ts';
import { SimulatedClock } from '../../runtime/simulated-clock.ts';
import { temporaryFolder } from './temporary-folder.ts';

describe('the log', () => {
  const written: string[] = [];
  const destination = { write: (line: string) => written.push(line) };
  const clock = new SimulatedClock(Date.UTC(2026, 6, 1, 12));

  it('writes one JSON document a line with time, level, process, fields and event', () => {
    written.length = 0;
    const log = openLog({ level: 'info', name: 'cardea-hub', destination, clock });
    log.info('login accepted', { hub: 'goa-01', tries: 2, first: true, note: 'two\nlines' });
    expect(written).toHaveLength(1);
    expect(written[0]?.trimEnd()).not.toContain('\n');
    expect(JSON.parse(written[0] ?? '')).toEqual({
      time: '2026-07-01T12:00:00.000Z',
      level: 'info',
      process: 'cardea-hub',
      hub: 'goa-01',
      tries: 2,
      first: true,
      note: 'two\nlines',
      event: 'login accepted',
    });
  });

  it('leaves out what is below its level', () => {
    written.length = 0;
    const log = openLog({ level: 'warn', name: 'x', destination, clock });
    log.debug('a');
    log.info('b');
    log.warn('c');
    log.error('d');
    expect(written.map((line) => JSON.parse(line).event)).toEqual(['c', 'd']);
    openLog({ level: 'silent', name: 'x', destination, clock }).error('e');
    expect(written).toHaveLength(2);
  });

  it('writes to a file for its owner alone, at once', () => {
    const path = join(temporaryFolder(), 'log');
    openLog({ level: 'info', name: 'x', destination: path, clock }).info('there');
    expect(readFileSync(path, 'utf8')).toContain('"event":"there"');
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('is given up silently when it cannot be written', () => {
    const log = openLog({ level: 'info', name: 'x', destination: '/dev/full', clock });
    expect(() => log.info('nobody reads this')).not.toThrow();
  });

  it('can be silent', () => {
    expect(() => silentLog.error('nothing')).not.toThrow();
  });
});
