import { freshTag, startedBench } from '../hardware/sim/host.ts';

/** Time in which the virtual chip surely answers a command that a tag in its field is asked, ms. */
const LONG_ENOUGH_MS = 500;

/**
 * How long a command to a listed NTAG216 takes from its first byte on the line to its reply's last: PN532
 * frames on the line and ISO 14443 frames in the air, with a chip and a host that lose no time (HARDWARE 6).
 *
 * @param command code and parameters, in hex
 * @param baud 115,200 or 921,600
 */
export async function lineAndAirMs(command: string, baud: number): Promise<number> {
  const { clock, host, chip, field } = startedBench({ paced: true });
  const ask = async (data: string) => {
    host.command(data);
    await clock.advance(LONG_ENOUGH_MS);
    if (host.response() === null) throw new Error(`the virtual chip does not answer ${data}`);
  };
  await clock.advance(LONG_ENOUGH_MS);
  field.put(freshTag('NTAG216').tag);
  await ask('4a 01 00');
  if (baud === 921_600) {
    await ask('10 07');
    // The host's ACK, at which the chip changes its speed.
    host.send('0000ff00ff00');
    await clock.advance(LONG_ENOUGH_MS);
  }
  if (chip.speed !== baud) throw new Error(`the virtual chip is not at ${baud} baud`);
  let last = clock.monotonic();
  const before = last;
  chip.onBytes(() => {
    last = clock.monotonic();
  });
  host.command(command);
  await clock.advance(LONG_ENOUGH_MS);
  return last - before;
}
