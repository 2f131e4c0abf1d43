import { describe, expect, it } from 'vitest';
import { boundedLog } from '../../runtime/bounded-log.ts';
import { KeptLog } from '../rc/running-rc.ts';

describe('a bounded log', () => {
  it('writes at most 100 lines of one event a minute, and says later how many it left out', () => {
    const kept = new KeptLog();
    let now = 0;
    const log = boundedLog(kept, { monotonic: () => now });
    for (let i = 0; i < 1_000; i++) log.warn('a join token was refused', { reason: 'unknown' });
    log.info('a member joined', { id: 'goa-01' });
    expect(kept.lines).toHaveLength(101);
    expect(kept.lines.at(-1)).toBe('info a member joined {"id":"goa-01"}');
    now = 60_000;
    log.warn('a join token was refused', { reason: 'used' });
    log.warn('a join token was refused', { reason: 'used' });
    expect(kept.lines.slice(-2)).toEqual([
      'warn a join token was refused {"reason":"used","leftOut":900}',
      'warn a join token was refused {"reason":"used"}',
    ]);
  });
});
