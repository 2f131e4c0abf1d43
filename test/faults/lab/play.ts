import { rmSync } from 'node:fs';
import { Actor, type Tally } from './acts.ts';
import { BrokenInvariantError, textOf } from './broken.ts';
import type { History } from './history.ts';
import { checkTheEnd } from './last-check.ts';
import { findSecrets } from './secrets.ts';
import { openWorld, type SetUp } from './set-up.ts';
import type { FaultWorld, WorldOptions } from './world.ts';

/** After so many acts it is looked how far hubs have heard of what. */
const LOOK_EVERY = 20;

const UNCAUGHT = ['unhandledRejection', 'uncaughtException'] as const;

export interface PlayOptions extends Pick<WorldOptions, 'seed' | 'copyHub'> {
  readonly setUp: SetUp;
  /** In the end, every card is tapped at every hub. */
  readonly thoroughly?: boolean;
  readonly isOver?: () => boolean;
}

export interface Played {
  readonly outcomes: Tally;
  readonly sessions: number;
  /** The first invariant that did not hold, if any; and after how many acts. */
  readonly broken: BrokenInvariantError | undefined;
  readonly acts: number;
  /** What was said by whom and when, from its beginning. */
  readonly said: readonly string[];
}

/** Plays a history in a world of its own, and looks after every act whether all holds that must. */
export async function play(history: History, options: PlayOptions): Promise<Played> {
  const world = await openWorld(options.setUp, options);
  const actor = new Actor(world);
  const onError = (cause: unknown) =>
    world.ledger.breaks('settles', `nobody caught an error: ${textOf(cause)}`, cause);
  for (const event of UNCAUGHT) process.on(event, onError);
  let acts = 0;
  let broken: BrokenInvariantError | undefined;
  try {
    for (const act of history) {
      await advanceTo(world, act.at);
      acts += 1;
      actor.perform(act);
      if (acts % LOOK_EVERY === 0) void actor.look();
      actor.checkCards();
      world.ledger.passes(world.elapsed);
      world.ledger.check();
    }
    await checkTheEnd(world, actor, { thoroughly: options.thoroughly ?? false });
    await endOf(world);
  } catch (cause) {
    broken = cause instanceof BrokenInvariantError ? cause : unforeseen(cause);
    await world.abandon();
  } finally {
    for (const event of UNCAUGHT) process.off(event, onError);
    rmSync(world.folder, { recursive: true, force: true });
  }
  return { outcomes: actor.outcomes, sessions: world.ledger.sessions, broken, acts, said: world.said };
}

async function advanceTo(world: FaultWorld, at: number): Promise<void> {
  if (at > world.elapsed) await world.clock.advance(at - world.elapsed);
}

/** All is stopped in order: nothing may hang, nothing be left behind, and no secret lie about. */
async function endOf(world: FaultWorld): Promise<void> {
  await world.close();
  await world.clock.advanceUntil(Promise.all(world.unsettled), 3_600_000);
  await world.clock.advance(60_000);
  const { pendingTimers } = world.clock;
  if (pendingTimers > 0) world.ledger.breaks('settles', `${pendingTimers} timers wait though all is closed`);
  const { openConnections } = world.network;
  if (openConnections > 0) world.ledger.breaks('settles', `${openConnections} connections were left open`);
  findSecrets(world);
  world.ledger.check();
}

function unforeseen(cause: unknown): BrokenInvariantError {
  return new BrokenInvariantError('settles', `the lab was stopped by ${textOf(cause)}`, { cause });
}
