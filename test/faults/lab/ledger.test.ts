import { describe, expect, it } from 'vitest';
import { Ledger, REVOKED_LEAVES_WITHIN_MS } from './ledger.ts';

function brokenBy(act: (ledger: Ledger) => void): readonly string[] {
  const ledger = new Ledger();
  act(ledger);
  return ledger.broken.map(({ message }) => message);
}

function times(count: number, act: () => void): void {
  for (let done = 0; done < count; done++) act();
}

describe('the ledger of tries', () => {
  it('lets a hub answer five PINs between two right logins, and no sixth', () => {
    const five = (ledger: Ledger) => times(5, () => ledger.evaluated('goa-01', 3));
    expect(brokenBy(five)).toEqual([]);
    expect(
      brokenBy((ledger) => {
        five(ledger);
        ledger.rightLogin('goa-01', 3);
        five(ledger);
      }),
    ).toEqual([]);
    expect(
      brokenBy((ledger) => {
        five(ledger);
        ledger.evaluated('goa-01', 3);
      }),
    ).toEqual(['tries: goa-01 answered 6 PINs of card 3 since its last right login']);
  });

  it('counts each hub and each card by itself', () => {
    const act = (ledger: Ledger) => {
      times(5, () => ledger.evaluated('goa-01', 3));
      times(5, () => ledger.evaluated('pune-02', 3));
      times(5, () => ledger.evaluated('goa-01', 4));
    };
    expect(brokenBy(act)).toEqual([]);
  });

  it('gives the tries anew once for an unlock, also to a hub that hears of it late', () => {
    const late = (ledger: Ledger) => {
      times(4, () => ledger.evaluated('goa-01', 3));
      ledger.raised(3, 17);
      ledger.rightLogin('goa-01', 3);
      times(10, () => ledger.evaluated('goa-01', 3));
    };
    expect(brokenBy(late)).toEqual([]);
    const heardBefore = (ledger: Ledger) => {
      ledger.raised(3, 17);
      ledger.heard('goa-01', 17, 0);
      ledger.rightLogin('goa-01', 3);
      times(6, () => ledger.evaluated('goa-01', 3));
    };
    expect(brokenBy(heardBefore)).toHaveLength(1);
    const unknown = (ledger: Ledger) => {
      ledger.raised(3);
      ledger.raisedBy(ledger.openRaises(), 20);
      ledger.heard('goa-01', 20, 0);
      ledger.rightLogin('goa-01', 3);
      times(6, () => ledger.evaluated('goa-01', 3));
    };
    expect(brokenBy(unknown)).toHaveLength(1);
  });
});

describe('the ledger of revocations', () => {
  it('holds a hub to what it has heard, from that moment on', () => {
    const act = (cursor: number, asked: number) => (ledger: Ledger) => {
      ledger.revoked(3, 17);
      ledger.heard('goa-01', cursor, 1_000);
      ledger.served('goa-01', 3, asked);
    };
    expect(brokenBy(act(16, 2_000))).toEqual([]);
    expect(brokenBy(act(17, 999))).toEqual([]);
    expect(brokenBy(act(17, 2_000))).toEqual([
      'revocation: goa-01 heard at 1000 ms that card 3 is revoked, and served it at 2000 ms',
    ]);
  });

  it('holds no other hub to it, and to no other card', () => {
    const act = (ledger: Ledger) => {
      ledger.revoked(3, 17);
      ledger.heard('goa-01', 17, 1_000);
      ledger.served('pune-02', 3, 2_000);
      ledger.served('goa-01', 4, 2_000);
    };
    expect(brokenBy(act)).toEqual([]);
  });
});

describe('the ledger of sessions that are open', () => {
  const HEARD = 1_000;
  const TOO_LATE = HEARD + REVOKED_LEAVES_WITHIN_MS + 1;
  const revoked = (ledger: Ledger) => {
    ledger.revoked(3, 17);
    ledger.heard('goa-01', 17, HEARD);
  };

  it('wants none of a revoked card to live on at a hub that has heard, whether anything is asked in it or not', () => {
    const act = (passes: number) => (ledger: Ledger) => {
      ledger.livesAtHub('goa-01', 'aa', 3, 500);
      revoked(ledger);
      ledger.passes(passes);
    };
    expect(brokenBy(act(TOO_LATE - 1))).toEqual([]);
    expect(brokenBy(act(TOO_LATE))).toEqual([
      `revocation: goa-01 heard at 1000 ms that card 3 is revoked, and its session of 500 ms lives at ${TOO_LATE} ms`,
    ]);
  });

  it('wants it ended in time, also where nobody looked before it was over, and gives one that came late its time', () => {
    const act = (began: number, over: number) => (ledger: Ledger) => {
      revoked(ledger);
      ledger.livesAtHub('goa-01', 'aa', 3, began);
      ledger.overAtHub('goa-01', 'aa', over);
      ledger.passes(1_000_000);
    };
    expect(brokenBy(act(500, TOO_LATE - 1))).toEqual([]);
    expect(brokenBy(act(500, TOO_LATE))).toHaveLength(1);
    expect(brokenBy(act(5_000, TOO_LATE))).toEqual([]);
    expect(brokenBy(act(5_000, TOO_LATE + 4_000))).toHaveLength(1);
  });

  it('forgets what ends with its hub, and lets others live', () => {
    const act = (ledger: Ledger) => {
      ledger.livesAtHub('goa-01', 'aa', 3, 500);
      ledger.livesAtHub('goa-01', 'bb', 4, 500);
      ledger.livesAtHub('pune-02', 'cc', 3, 500);
      revoked(ledger);
      ledger.overAtHub('pune-02', 'aa', 600);
      ledger.endedAtHub('goa-01');
      ledger.livesAtHub('goa-01', 'dd', 4, 700);
      ledger.passes(1_000_000);
    };
    expect(brokenBy(act)).toEqual([]);
  });
});

describe('the ledger of sessions', () => {
  it('wants the same keys at both ends, and no keys twice', () => {
    const good = (ledger: Ledger) => {
      ledger.openedAtHub('goa-01', 'aa');
      ledger.openedAtTerminal('desk-1', 'goa-01', 'aa');
      ledger.openedAtHub('pune-02', 'bb');
    };
    expect(brokenBy(good)).toEqual([]);
    const others = (ledger: Ledger) => {
      ledger.openedAtHub('goa-01', 'aa');
      ledger.openedAtTerminal('desk-1', 'goa-01', 'bb');
      ledger.openedAtTerminal('desk-2', 'pune-02', 'aa');
    };
    expect(brokenBy(others)).toEqual([
      'session-keys: desk-1 has session bb with goa-01, and no hub has it',
      'session-keys: desk-2 has session aa with pune-02, and goa-01 has it',
    ]);
    const twice = (ledger: Ledger) => {
      ledger.openedAtHub('goa-01', 'aa');
      ledger.openedAtHub('pune-02', 'aa');
      ledger.openedAtTerminal('desk-1', 'pune-02', 'aa');
      ledger.openedAtTerminal('desk-2', 'pune-02', 'aa');
    };
    expect(brokenBy(twice)).toEqual([
      'session-keys: pune-02 opened session aa, which goa-01 had before',
      'session-keys: desk-2 has session aa, which desk-1 had before',
    ]);
  });

  it('throws the first thing that broke, and nothing before', () => {
    const ledger = new Ledger();
    ledger.check();
    ledger.breaks('settles', 'one');
    ledger.breaks('secrets', 'two');
    expect(() => ledger.check()).toThrow('settles: one');
  });
});
