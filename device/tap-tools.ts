import type { CardReader } from '../hardware/card-reader.ts';
import type { Panel } from '../hardware/panel/panel.ts';
import type { Sensor } from '../hardware/sensor/sensor.ts';
import { clientPrimitives } from '../protocol/crypto/fastest.ts';
import type { Surroundings } from '../runtime/surroundings.ts';
import { askCardList } from './card-list.ts';
import { chooseHub, trustListedHub } from './hub-choice.ts';
import { NetworkFiles, type NetworkRecord } from './network-record.ts';
import type { LimbasiyaTools } from './terminal/limbasiya-tools.ts';
import type { TapTools } from './terminal/tap-tools.ts';

/** What a terminal is made of. */
export interface TerminalParts {
  readonly surroundings: Surroundings;
  /** The terminal's own folder: what `joinDevice` kept, and the latest login. */
  readonly folder: string;
  /** `--hub`: an id, or `HOST:PORT`; undefined for the network's only hub. */
  readonly hub: string | undefined;
  readonly reader: CardReader;
  readonly panel: Panel;
  readonly sensor?: Sensor | undefined;
  /** A suite that is taken besides `cardea-1`. */
  readonly allow?: AllowedSuite | undefined;
}

export const ALLOWED_SUITES = ['none', 'limbasiya-2021'] as const;
export type AllowedSuite = (typeof ALLOWED_SUITES)[number];

/** A terminal ready to serve taps, whose list of hubs can be replaced by a newer one. */
export interface AssembledTerminal {
  readonly tools: TapTools;
  readonly network: NetworkRecord | undefined;
  replaceNetwork(record: NetworkRecord): Promise<void>;
}

/**
 * Puts a terminal together from its parts and its folder.
 * @throws TerminalSetupError when it cannot know which hub to call, or its files make no sense
 */
export async function assembleTerminal(parts: TerminalParts): Promise<AssembledTerminal> {
  const { surroundings, reader, panel, sensor, folder } = parts;
  const primitives = await clientPrimitives();
  const files = new NetworkFiles(folder);
  let network = await files.network();
  let latestNotBefore = await files.latestNotBefore();
  const now = () => Math.max(surroundings.clock.now(), latestNotBefore);
  const hub = () => chooseHub({ wanted: parts.hub, network, now });
  const limbasiya: LimbasiyaTools = {
    wanted: parts.hub,
    trust: (ID) => trustListedHub(ID, { network, now }),
    cardList: (query) => askCardList({ surroundings, folder, network }, query),
  };
  // A card of the older suite brings its own hubs; any other needs one that is chosen here.
  if (parts.allow !== 'limbasiya-2021') hub();
  return {
    tools: {
      surroundings,
      primitives,
      reader,
      panel,
      sensor,
      terminalId: network?.terminalId ?? '',
      hub,
      limbasiya: parts.allow === 'limbasiya-2021' ? limbasiya : undefined,
      async remember({ notBefore }) {
        if (notBefore <= latestNotBefore) return;
        latestNotBefore = notBefore;
        await files.keepLatestNotBefore(notBefore);
      },
    },
    network,
    async replaceNetwork(record) {
      await files.keepNetwork(record);
      network = record;
    },
  };
}
