import { checkReaderPath } from '../../hardware/reader-path.ts';
import { checkedSetting } from '../../runtime/settings.ts';
import { rcSettings } from '../commands/settings.ts';

/** The settings of a command that works with the desk's reader. */
export const deskSettings = rcSettings.extend({
  reader: checkedSetting(checkReaderPath).default('/dev/serial0'),
});
