import { parseArgs } from 'node:util';
import { cardLaidToRead } from './card-laid-to-read.ts';
import { cardRead } from './card-read.ts';
import { cost } from './cost.ts';
import { deviceMemory } from './device-memory.ts';
import { deviceStart } from './device-start.ts';
import { feedRate } from './feed-rate.ts';
import { idleConnections } from './idle-connections.ts';
import { loginCpu } from './login-cpu.ts';
import { loginGrowth } from './login-growth.ts';
import { patientSearch } from './patient-search.ts';
import { pinToWelcome } from './pin-to-welcome.ts';
import { rcLoad } from './rc-load.ts';
import { readerRecovery } from './reader-recovery.ts';
import { namesOf, runBenches, UnknownBenchError } from './run.ts';

const BENCHES = [
  cardRead,
  cardLaidToRead,
  readerRecovery,
  loginCpu,
  loginGrowth,
  idleConnections,
  pinToWelcome,
  deviceStart,
  deviceMemory,
  feedRate,
  rcLoad,
  patientSearch,
  cost,
];

const USAGE = `npm run bench [-- NAME…] [-- --json]

  NAME    measure only this; without any, everything
  --json  print {"results": [{"name", "value", "unit", "bar", "met"}]}, bar and met null where there is no bar

What there is: ${BENCHES.flatMap(namesOf).join(', ')}`;

function readArguments() {
  const options = { json: { type: 'boolean', default: false }, help: { type: 'boolean' } } as const;
  return parseArgs({ options, allowPositionals: true });
}

/** A bar that is missed is a result, not a failure: the exit code says only whether everything was measured. */
async function main(): Promise<number> {
  const { values, positionals } = readArguments();
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  await runBenches(
    BENCHES,
    { names: positionals, json: values.json },
    {
      print: (text) => process.stdout.write(`${text}\n`),
      tell: (line) => process.stderr.write(`${line}\n`),
    },
  );
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  const isUsage = error instanceof UnknownBenchError || error instanceof TypeError;
  const stack = error instanceof Error && !isUsage ? error.stack : undefined;
  process.stderr.write(`bench: ${stack ?? (error instanceof Error ? error.message : String(error))}\n`);
  process.exitCode = isUsage ? 2 : 1;
}
