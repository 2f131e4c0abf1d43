import type { CardReader } from '../../hardware/card-reader.ts';
import type { PanelParts } from '../../hardware/panel/panel-parts.ts';
import { openReader } from '../../hardware/reader-path.ts';
import { parseSensor, type SensorPart } from '../../hardware/sensor/sensor-kinds.ts';
import { clientPrimitives } from '../../protocol/crypto/fastest.ts';
import type { Surroundings } from '../../runtime/surroundings.ts';
import { clockFindings } from './clock-findings.ts';
import { type Finding, failureOf, fine } from './finding.ts';
import { gatherClock, gatherNetwork } from './gather-network.ts';
import { gatherPanel } from './gather-panel.ts';
import { type Caller, gatherPort, type SystemPaths } from './gather-port.ts';
import { gatherReader } from './gather-reader.ts';
import { gatherSensor } from './gather-sensor.ts';
import { networkFindings } from './network-findings.ts';
import type { PanelFacts } from './panel-facts.ts';
import { panelFindings } from './panel-findings.ts';
import { canBeTried, portFindings } from './port-findings.ts';
import type { ReaderFacts } from './reader-facts.ts';
import { readerFindings } from './reader-findings.ts';
import type { SensorFacts } from './sensor-facts.ts';
import { sensorFindings } from './sensor-findings.ts';

/** What is examined, and with what. */
export interface Exam {
  readonly surroundings: Surroundings;
  /** The terminal's own. */
  readonly folder: string;
  /** As the settings of the same names. */
  readonly reader: string;
  readonly panel: string | undefined;
  readonly panelParts: PanelParts;
  readonly sensor?: string | undefined;
  readonly sensorBoard?: string | undefined;
  readonly hub: string | undefined;
  /** How long to wait for a card, and for keys; 0: nobody is there. */
  readonly waitMs: number;
  readonly system: SystemPaths;
  readonly caller: Caller;
  /** Gets the reader's frames, a line each; none: they are not wanted. */
  readonly trace?: ((line: string) => void) | undefined;
  /** Says what somebody is to do now. */
  readonly ask: (line: string) => void;
  /** Gets the findings as they come. */
  readonly found: (findings: readonly Finding[]) => void;
  readonly signal: AbortSignal;
}

/**
 * Looks at everything that a terminal needs, from the serial port to the registration centre, and changes
 * nothing. All findings, in the order in which they came.
 * @throws ReaderPathError, PanelPathError, PanelPartsError, SensorKindError; the signal's reason
 */
export async function examine(exam: Exam): Promise<Finding[]> {
  const all: Finding[] = [];
  const tell = (findings: readonly Finding[]) => {
    all.push(...findings);
    exam.found(findings);
  };
  const reader = await examineReader(exam, tell);
  const front = await examineFront(exam);
  tell(panelFindings(front.panel));
  tell(sensorFindings(front.sensor));
  const caPin = reader.card.state === 'read' ? reader.card.caPin : undefined;
  const { surroundings, folder, hub, system } = exam;
  const clock = await gatherClock(surroundings, folder, system.run);
  const network = await gatherNetwork({ surroundings, folder, hub, caPin });
  tell(networkFindings(network, clock.now));
  tell(clockFindings(clock, network));
  return all;
}

async function examineReader(exam: Exam, tell: (findings: readonly Finding[]) => void): Promise<ReaderFacts> {
  let usable = true;
  if (exam.reader.startsWith('sim:')) {
    tell([fine('serial-port', 'a virtual reader: no serial port is needed')]);
  } else {
    const port = await gatherPort(exam.reader, exam.system, exam.caller);
    tell(portFindings(port));
    usable = canBeTried(port);
  }
  const facts = usable ? await tryReader(exam) : untriedReader('the port cannot be used: see above');
  tell(readerFindings(facts));
  return facts;
}

async function tryReader(exam: Exam): Promise<ReaderFacts> {
  const { trace } = exam;
  const { clock } = exam.surroundings;
  const reader: CardReader = openReader(exam.reader, { clock, trace });
  try {
    return await gatherReader({
      reader,
      clock,
      primitives: await clientPrimitives(),
      cardWaitMs: exam.waitMs,
      askForCard: () => exam.ask(`Lay a card on the reader, within ${exam.waitMs / 1000} s …`),
      signal: exam.signal,
    });
  } finally {
    await reader.close();
  }
}

function untriedReader(why: string): ReaderFacts {
  return { chip: { state: 'untested', why }, card: { state: 'untested', why } };
}

interface FrontFacts {
  readonly panel: PanelFacts;
  readonly sensor: SensorFacts;
}

/** The panel, and the sensor on its board or on one of its own. */
async function examineFront(exam: Exam): Promise<FrontFacts> {
  const { panel: path, panelParts: parts, sensor, sensorBoard, signal, waitMs } = exam;
  const { clock } = exam.surroundings;
  const part = sensor === undefined ? undefined : parseSensor(sensor);
  const own = part !== undefined && sensorBoard !== undefined ? { part, path: sensorBoard } : undefined;
  if (path === undefined)
    return { panel: { state: 'none' }, sensor: await examineOwnSensor(exam, own, part) };
  // Loaded only where it is asked for: johnny-five is large.
  const { openPanel } = await import('../../hardware/panel/open-panel.ts');
  const panel = openPanel(path, { clock, parts, sensor: own === undefined ? part : undefined });
  exam.ask('Look at the panel, and listen: it goes through all of its signs …');
  try {
    const facts = await gatherPanel({
      panel,
      parts,
      clock,
      keysWaitMs: waitMs,
      askForKeys: (keys) => exam.ask(`Press ${keys} and # on the panel, within ${waitMs / 1000} s …`),
      signal,
    });
    const beside =
      panel.sensor === undefined
        ? await examineOwnSensor(exam, own, part)
        : await gatherSensor(panel.sensor, clock, signal);
    return { panel: facts, sensor: beside };
  } finally {
    await panel.close();
  }
}

/** @param wanted the sensor that the settings name, if any */
async function examineOwnSensor(
  { surroundings: { clock }, signal }: Exam,
  own: { readonly part: SensorPart; readonly path: string } | undefined,
  wanted: SensorPart | undefined,
): Promise<SensorFacts> {
  if (own === undefined) {
    const failure = failureOf(
      new Error('it has no board: give --sensor-board, or the --panel that it is on'),
    );
    return wanted === undefined ? { state: 'none' } : { state: 'fails', failure };
  }
  const { openSensor } = await import('../../hardware/sensor/open-sensor.ts');
  const sensor = openSensor(own.path, own.part, { clock });
  try {
    return await gatherSensor(sensor, clock, signal);
  } finally {
    await sensor.close();
  }
}
