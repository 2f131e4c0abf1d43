import { SensorKindError } from './sensor-kinds.ts';

/** Where the board of a sensor is: at a serial port, or nowhere, and then it says `value`, or something usual. */
export type SensorBoardPlace = { readonly port: string } | { readonly value: number | undefined };

const SIMULATED = /^sim:(?<value>[0-9]{1,3}(?:\.[0-9]+)?)?$/;

/** @throws SensorKindError when `path` is no `--sensor-board` */
export function parseSensorBoard(path: string): SensorBoardPlace {
  if (path.startsWith('/')) return { port: path };
  const { groups } = SIMULATED.exec(path) ?? {};
  if (groups === undefined) {
    throw new SensorKindError(
      `"${path}" is no board of a sensor: give its serial port as /dev/ttyACM1, or sim: for a virtual one, as sim:39.2 where it is to say that`,
    );
  }
  return { value: groups['value'] === undefined ? undefined : Number(groups['value']) };
}
