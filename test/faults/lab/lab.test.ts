import { rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Sessions } from '../../../hub/session/sessions.ts';
import { SeededRandom } from '../../soak/seeded-random.ts';
import { drawHistory } from './draw.ts';
import { type Act, RIGHT_TAP, type Trouble } from './history.ts';
import { describeFinding, playSeed, shorten } from './lab.ts';
import { play } from './play.ts';
import { copyFolder } from './service.ts';
import { type SetUp, setUpNetwork } from './set-up.ts';

const SHORT_FORM_TAPS = 15;
const SEED = 42;
const HOUR = { timeout: 120_000 };
/** The piece between terminal and hub that is the PROOF, where nothing gets lost. */
const PROOF = 4;

let setUp: SetUp;

beforeAll(async () => {
  setUp = await setUpNetwork('test');
}, 120_000);

afterEach(() => void vi.restoreAllMocks());
afterAll(() => setUp.remove());

/** A disk that says "synced" and is not: of a store it keeps what was checkpointed, and no more. */
function forgetfulDisk(from: string, to: string): void {
  copyFolder(from, to);
  rmSync(`${to}/store.sqlite-wal`, { force: true });
}

describe('a network in which everything breaks that can', () => {
  it('keeps what it must, through every act of a history and at its end', HOUR, async () => {
    const { broken, outcomes, sessions } = await playSeed(SEED, SHORT_FORM_TAPS, { setUp });
    expect(broken).toBeUndefined();
    expect([...outcomes.values()].reduce((sum, count) => sum + count, 0)).toBe(SHORT_FORM_TAPS);
    expect(sessions).toBeGreaterThan(0);
  });

  it('goes the same way again with the same seed', HOUR, async () => {
    const history = drawHistory(new SeededRandom(7), 4);
    const run = async () => {
      const { outcomes, sessions, broken } = await play(history, { setUp, seed: 'again' });
      return { outcomes: [...outcomes], sessions, broken };
    };
    expect(await run()).toEqual(await run());
  });

  it(
    'is left with no connection where a patient cancels while the hub is called, which then goes dark',
    HOUR,
    async () => {
      const tap: Act = { at: 1_000, ...RIGHT_TAP, typed: 'nothing' };
      const history: Act[] = [tap, { at: 5_000, what: 'dark', who: 'goa-01', ms: 60_000 }];
      expect((await play(history, { setUp, seed: 'cancelled' })).broken).toBeUndefined();
    },
  );

  it('has a patient served to the end whose hub loses its workers meanwhile', HOUR, async () => {
    const tap: Act = { at: 1_000, ...RIGHT_TAP, hub: 'pune-02', typingMs: 3_000 };
    const kill = { what: 'kill-worker', who: 'pune-02' } as const;
    const history: Act[] = [tap, { at: 5_000, ...kill, nth: 0 }, { at: 5_100, ...kill, nth: 0 }];
    const { broken, outcomes, said } = await play(history, { setUp, seed: 'workers' });
    expect(broken).toBeUndefined();
    expect([...outcomes]).toEqual([['served', 1]]);
    expect(said.filter((line) => line.includes('a worker ended, and another takes its place'))).toHaveLength(
      2,
    );
  });
});

describe('the lab', () => {
  it.each(['goa-01', 'pune-02'] as const)(
    'finds that %s does not end the sessions of a card that is revoked',
    {
      ...HOUR,
    },
    async (hub) => {
      // The patient is asked whether to be measured, and stays silent until long after.
      const tap: Act = { at: 1_000, ...RIGHT_TAP, hub, typingMs: 20_000 };
      const history: Act[] = [
        tap,
        { at: 30_000, what: 'revoke', card: 0 },
        { at: 45_000, what: 'unlock', card: 3 },
      ];
      const run = () => play(history, { setUp, seed: 'revoked in a session' });
      expect((await run()).broken).toBeUndefined();
      vi.spyOn(Sessions.prototype, 'endRevoked').mockImplementation(() => {});
      const { broken } = await run();
      const lives = `^revocation: ${hub} heard at \\d+ ms .* its session of \\d+ ms lives at 45000 ms$`;
      expect(broken?.message).toMatch(new RegExp(lives));
    },
  );

  it('finds a hub that lets a card in of whose revocation it hears in that moment', HOUR, async () => {
    const trouble: Trouble = {
      when: { on: 'piece', nth: PROOF, ms: 0, turns: 0 },
      what: 'revoked-at-the-door',
      turns: 1,
      first: 'patient',
    };
    const history: Act[] = [{ at: 1_000, ...RIGHT_TAP, typingMs: 3_000, troubles: [trouble] }];
    const run = () => play(history, { setUp, seed: 'revoked at the door' });
    expect((await run()).broken).toBeUndefined();
    vi.spyOn(Sessions.prototype, 'watch').mockReturnValue({ isRevoked: false, end: () => {} });
    expect((await run()).broken).toMatchObject({ invariant: 'revocation' });
  });

  it(
    'finds a disk that loses what was acknowledged, and the shortest history that shows it',
    HOUR,
    async () => {
      const tap: Act = { at: 1_000, ...RIGHT_TAP };
      const kill: Act = { at: 30_000, what: 'kill', who: 'goa-01', ms: 100 };
      const history: Act[] = [{ at: 500, what: 'unlock', card: 3 }, tap, kill];
      const options = { setUp, copyHub: forgetfulDisk };
      const played = await play(history, { ...options, seed: 'forgetful' });
      expect(played.broken).toMatchObject({ invariant: 'nothing-lost' });
      const finding = await shorten(0, { ...played, history }, options, () => false);
      expect(finding.history).toEqual([tap, kill]);
      expect(describeFinding(finding)).toMatch(
        /^nothing-lost: .*\nseed 0; the shortest history found has 2 acts:\n/,
      );
    },
  );
});
