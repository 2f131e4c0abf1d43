import { describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../../protocol/bytes.ts';
import { WrongTurnError } from '../../protocol/errors.ts';
import { STATUS } from '../../protocol/login/messages.ts';
import { inputsOf, type Run, runUpTo, startLogin, vector } from './login-support.ts';

describe('a step out of turn', () => {
  const inputs = inputsOf(vector);
  const anyBody = new Uint8Array(84);
  const deviceSteps: Record<string, (run: Run) => unknown> = {
    login: ({ device }) => device.login(inputs.request),
    readChallenge: ({ device }) => device.readChallenge(anyBody),
    prove: ({ device }) => device.prove(inputs.proof),
    readWelcome: ({ device }) => device.readWelcome(anyBody),
  };
  const hubSteps: Record<string, (run: Run) => unknown> = {
    readLogin: ({ hub }) => hub.readLogin(anyBody),
    refuse: ({ hub }) => hub.refuse(STATUS.unknown),
    challenge: ({ hub }) => hub.challenge(inputs.answer),
    readProof: ({ hub }) => hub.readProof(anyBody, inputs.expected),
  };

  /** Each phase of the device, with the step that belongs there and what leads there. */
  const devicePhases: readonly (readonly [string, () => Run])[] = [
    ['login', () => ({ ...startLogin(inputs), body: anyBody })],
    ['readChallenge', () => runUpTo(1)],
    [
      'prove',
      () => {
        const run = runUpTo(2);
        run.device.readChallenge(run.body);
        return run;
      },
    ],
    ['readWelcome', () => runUpTo(3)],
    [
      'nothing',
      () => {
        const run = runUpTo(4);
        run.device.readWelcome(run.body).session.wipe();
        return run;
      },
    ],
  ];
  const hubPhases: readonly (readonly [readonly string[], () => Run])[] = [
    [['readLogin'], () => runUpTo(1)],
    [
      ['refuse', 'challenge'],
      () => {
        const run = runUpTo(1);
        run.hub.readLogin(run.body);
        return run;
      },
    ],
    [['readProof'], () => runUpTo(2)],
    [
      [],
      () => {
        const run = runUpTo(4);
        run.hubSession?.wipe();
        return run;
      },
    ],
  ];

  it.each(devicePhases)('is refused by a device that waits for %s, and is the last', (due, start) => {
    for (const [name, step] of Object.entries(deviceSteps)) {
      if (name === due) continue;
      const run = start();
      expect(() => step(run)).toThrow(WrongTurnError);
      if (due !== 'nothing') expect(run.deviceSecrets.alive).toBe(0);
      for (const later of Object.values(deviceSteps)) expect(() => later(run)).toThrow(WrongTurnError);
    }
  });

  it.each(hubPhases)('is refused by a hub that waits for %j, and is the last', (due, start) => {
    for (const [name, step] of Object.entries(hubSteps)) {
      if (due.includes(name)) continue;
      const run = start();
      expect(() => step(run)).toThrow(WrongTurnError);
      expect(run.hubSecrets.alive).toBe(0);
      for (const later of Object.values(hubSteps)) expect(() => later(run)).toThrow(WrongTurnError);
    }
  });

  it('does not reach a session that was handed over', () => {
    const run = runUpTo(4);
    const { session } = run.device.readWelcome(run.body);
    expect(() => run.device.login(inputs.request)).toThrow(WrongTurnError);
    expect(() => run.hub.refuse(STATUS.unknown)).toThrow(WrongTurnError);
    run.device.wipe();
    run.hub.wipe();
    const sealed = session.seal(utf8('still here'));
    expect(fromUtf8(run.hubSession?.open(sealed) ?? new Uint8Array(0))).toBe('still here');
  });
});

describe('a login that is given up', () => {
  it.each([1, 2, 3] as const)('is zero at both ends, after body %i', (upTo) => {
    const run = runUpTo(upTo);
    expect(run.deviceSecrets.alive).toBeGreaterThan(0);
    run.device.wipe();
    run.hub.wipe();
    expect(run.deviceSecrets.alive).toBe(0);
    expect(run.hubSecrets.alive).toBe(0);
    expect(() => run.hub.readLogin(run.body)).toThrow(WrongTurnError);
    expect(() => run.device.readWelcome(run.body)).toThrow(WrongTurnError);
  });
});
