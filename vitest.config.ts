import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    globalSetup: ['test/support/compile.ts'],
    // Files that run in one process share its modules: to load them anew for each costs a third of all the work.
    isolate: false,
    // Vitest leaves one core free by itself; much of what these tests wait for is other processes and the disk.
    // More than there are cores: a third of what these tests take is waiting for other processes and for the disk.
    maxWorkers: Math.ceil(1.5 * availableParallelism()),
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
