import { buildOnce } from '../bench/compiled-device.ts';
import { CompiledHub } from '../bench/login/compiled-hub.ts';
import { BenchPatients } from './bench-patients.ts';
import { type FloodedSessions, floodSessions } from './malformed-sessions-flood.ts';
import type { Soak } from './soak.ts';

const MESSAGES = 1_000_000;
/** A card has thirty logins an hour. */
const CARDS = 20_000;
/** What a process's memory may be above where it was once warm: garbage that waits to be collected. */
const GROWTH_MB = 32;

/**
 * A million malformed messages in sessions of logged-in patients, at a compiled hub in a process of its own: it
 * answers or ends each as it should, keeps nothing, disturbs nobody else, and does not grow.
 */
export const malformedDataSoak: Soak = {
  name: 'malformed-data',
  async run({ random, isOver }) {
    await buildOnce();
    const hub = await CompiledHub.start(CARDS, ['--log-level', 'warn']);
    try {
      const patients = await BenchPatients.at(hub);
      const flooded = await floodSessions(hub.pid, patients, { count: MESSAGES, random, isOver });
      if (flooded.endMb > flooded.warmMb + GROWTH_MB)
        throw new Error(`a hub's memory grew: ${told(flooded)}`);
      return `${told(flooded)}; the hub was alive to the end`;
    } finally {
      await hub.stop();
    }
  },
};

function told({ messages, sessions, looks, ms, warmMb, endMb, mostMb }: FloodedSessions): string {
  const [warm, end, most] = [warmMb, endMb, mostMb].map((mb) => `${mb.toFixed(0)} MB`);
  return `${messages} malformed messages in ${sessions} sessions in ${(ms / 1_000).toFixed(0)} s, each answered or ended as it should be, nothing kept, ${looks} looks into others' sessions; the hub's memory ${warm} in the second tenth, ${end} in the last, ${most} at most`;
}
