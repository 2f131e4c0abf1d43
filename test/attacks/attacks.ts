import { copiedCardAndPin } from './card/copied-with-pin.ts';
import { suiteDowngrade } from './card/downgrade.ts';
import { hostileCard } from './card/hostile.ts';
import { listGrowth } from './card/list-growth.ts';
import { rewrittenCard } from './card/rewritten.ts';
import { skimmedCard } from './card/skimmed.ts';
import { tamperedTerminal } from './card/tampered-terminal.ts';
import { tornWrite } from './card/torn-write.ts';
import { crowdedHub } from './clinic/crowd.ts';
import { lockingSomebodyOut } from './clinic/lockout.ts';
import { lostAcknowledgement } from './clinic/lost-acknowledgement.ts';
import { mistypedSecret } from './clinic/mistyped.ts';
import { oldImageAndOldPin } from './clinic/old-image.ts';
import { onlineGuessingAcrossHubs } from './clinic/online-across-hubs.ts';
import { onlineGuessing } from './clinic/online-guessing.ts';
import { rogueRegistrationCentre } from './clinic/rogue-rc.ts';
import { rolledBackRevocation } from './clinic/rolled-back-revocation.ts';
import { withheldRevocation } from './clinic/withheld-revocation.ts';
import { hubPassesForHub } from './impersonation/hub-as-hub.ts';
import { hubPassesForPatient } from './impersonation/hub-as-patient.ts';
import { hubDatabasePassesForPatient } from './impersonation/hub-database-as-patient.ts';
import { hubToLeakedCard } from './impersonation/kci-card.ts';
import { patientToLeakedHub } from './impersonation/kci-hub-key.ts';
import { rogueHub } from './impersonation/rogue-hub.ts';
import { ambiguousCredentials } from './impersonation/typed-together.ts';
import { unknownKeyShare } from './impersonation/unknown-key-share.ts';
import { hubClaimsNewPin } from './insiders/hub-claims-new-pin.ts';
import { hubSpoilsCard } from './insiders/hub-spoils-card.ts';
import { oldSecretsAndHub } from './insiders/old-secrets-and-hub.ts';
import { operatorKeepsCard } from './insiders/operator.ts';
import { rcInsiderPassesForPatient } from './insiders/rc-as-patient.ts';
import type { Attack } from './lab.ts';
import { offlineWithCard } from './offline/card.ts';
import { offlineWithHubAndCard } from './offline/hub-and-card.ts';
import { offlineWithHubDatabase } from './offline/hub-database.ts';
import { offlineWithRcAndCard } from './offline/rc-and-card.ts';
import { offlineWithRcDatabase } from './offline/rc-database.ts';
import { hubsLinkPatientsByCards } from './privacy/link-by-cards.ts';
import { outsiderLinksLogins } from './privacy/link-by-outsider.ts';
import { hubsLinkPatientsByRecords } from './privacy/link-by-records.ts';
import { patientUnmasksPatient } from './privacy/unmask-patient.ts';
import { replayAfterRestart } from './replay/after-restart.ts';
import { replayDatedAhead } from './replay/dated-ahead.ts';
import { replayAtOtherHub } from './replay/other-hub.ts';
import { reflectionAndInterleaving } from './replay/reflection.ts';
import { replayAtSameHub } from './replay/same-hub.ts';
import { terminalWithoutClock } from './replay/without-clock.ts';
import { knownSessionKey } from './sessions/constant-key.ts';
import { forwardSecrecy } from './sessions/forward-secrecy.ts';
import { leakedEphemerals } from './sessions/leaked-ephemeral.ts';
import { otherHubComputesKey } from './sessions/other-hub-computes-key.ts';

/** Every attack, in the order in which the lab runs and lists them. */
export const ATTACKS: readonly Attack[] = [
  offlineWithCard,
  offlineWithHubDatabase,
  offlineWithHubAndCard,
  offlineWithRcDatabase,
  offlineWithRcAndCard,
  onlineGuessing,
  onlineGuessingAcrossHubs,
  lockingSomebodyOut,
  skimmedCard,
  copiedCardAndPin,
  tamperedTerminal,
  rewrittenCard,
  hostileCard,
  tornWrite,
  lostAcknowledgement,
  mistypedSecret,
  oldImageAndOldPin,
  hubPassesForPatient,
  hubPassesForHub,
  hubDatabasePassesForPatient,
  rcInsiderPassesForPatient,
  operatorKeepsCard,
  hubClaimsNewPin,
  hubSpoilsCard,
  oldSecretsAndHub,
  hubToLeakedCard,
  patientToLeakedHub,
  unknownKeyShare,
  ambiguousCredentials,
  rogueHub,
  rogueRegistrationCentre,
  knownSessionKey,
  otherHubComputesKey,
  leakedEphemerals,
  forwardSecrecy,
  replayAtSameHub,
  replayAtOtherHub,
  replayDatedAhead,
  replayAfterRestart,
  reflectionAndInterleaving,
  terminalWithoutClock,
  patientUnmasksPatient,
  outsiderLinksLogins,
  hubsLinkPatientsByCards,
  hubsLinkPatientsByRecords,
  withheldRevocation,
  rolledBackRevocation,
  suiteDowngrade,
  crowdedHub,
  listGrowth,
];
