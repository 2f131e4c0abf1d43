import { buildOnce } from '../bench/compiled-device.ts';
import { CompiledHub } from '../bench/login/compiled-hub.ts';
import { type Flooded, floodWithMalformed } from './malformed-frames.ts';
import type { Soak } from './soak.ts';

const FRAMES = 1_000_000;
const CARDS = 1_000;
/** What a process's memory may be above where it was once warm: garbage that waits to be collected. */
const GROWTH_MB = 32;

/** A million malformed frames at a compiled hub in a process of its own, which stays alive and does not grow. */
export const malformedSoak: Soak = {
  name: 'malformed',
  async run({ random, isOver }) {
    await buildOnce();
    const hub = await CompiledHub.start(CARDS, ['--log-level', 'warn']);
    try {
      const flooded = await floodWithMalformed(hub, { count: FRAMES, random, isOver });
      if (flooded.endMb > flooded.warmMb + GROWTH_MB)
        throw new Error(`a hub's memory grew: ${told(flooded)}`);
      return `${told(flooded)}; the hub was alive to the end`;
    } finally {
      await hub.stop();
    }
  },
};

function told({ frames, ms, warmMb, endMb, mostMb }: Flooded): string {
  const [warm, end, most] = [warmMb, endMb, mostMb].map((mb) => `${mb.toFixed(0)} MB`);
  return `${frames} malformed frames in ${(ms / 1_000).toFixed(0)} s; the hub's memory ${warm} in the second tenth of them, ${end} in the last, ${most} at most`;
}
