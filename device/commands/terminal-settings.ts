import { z } from 'zod';
import { PanelPartsError } from '../../hardware/panel/errors.ts';
import { checkParts, panelPartsSetting, STANDARD_PARTS } from '../../hardware/panel/panel-parts.ts';
import { parsePanelPath } from '../../hardware/panel/panel-path.ts';
import { checkReaderPath } from '../../hardware/reader-path.ts';
import { parseSensorBoard } from '../../hardware/sensor/sensor-board.ts';
import { parseSensor, SENSOR_KINDS } from '../../hardware/sensor/sensor-kinds.ts';
import { LOG_LEVELS } from '../../runtime/pino-log.ts';
import { checkedSetting, choiceSetting, SettingsError } from '../../runtime/settings.ts';
import { checkHubName } from '../hub-choice.ts';
import { ALLOWED_SUITES } from '../tap-tools.ts';

/** The settings of every command that works with reader, panel and hub. */
export const terminalSettings = z.object({
  reader: checkedSetting(checkReaderPath).default('/dev/serial0'),
  panel: checkedSetting(parsePanelPath).optional(),
  panelParts: panelPartsSetting.default(STANDARD_PARTS),
  sensor: checkedSetting(parseSensor).optional(),
  sensorBoard: checkedSetting(parseSensorBoard).optional(),
  hub: checkedSetting(checkHubName).optional(),
  allow: choiceSetting(ALLOWED_SUITES).default('none'),
  logLevel: choiceSetting(LOG_LEVELS).default('warn'),
});

/**
 * Looks at what each setting alone cannot tell: whether they can be true together.
 * @throws SettingsError
 */
export function checkTogether({
  panel,
  panelParts,
  sensor,
  sensorBoard,
}: z.output<typeof terminalSettings>): void {
  if (sensor === undefined && sensorBoard !== undefined) {
    throw new SettingsError(
      `--sensor-board is the board of no sensor: say which it is with --sensor (${SENSOR_KINDS.join(', ')})`,
    );
  }
  if (sensor !== undefined && sensorBoard === undefined && panel === undefined) {
    throw new SettingsError(
      'the sensor has no board: give the panel that it is wired to as --panel, or its own as --sensor-board',
    );
  }
  if (panel === undefined) return;
  const beside = sensor !== undefined && sensorBoard === undefined ? parseSensor(sensor) : undefined;
  try {
    checkParts(panelParts, beside);
  } catch (cause) {
    throw cause instanceof PanelPartsError ? new SettingsError(cause.message, { cause }) : cause;
  }
}
