import { describe, expect, it } from 'vitest';
import { fromHex, toHex, utf8 } from '../../../protocol/bytes.ts';
import { noble } from '../../../protocol/crypto/noble.ts';
import { openCard } from '../../../protocol/limbasiya/card.ts';
import {
  makeCard,
  registerCard,
  requestCardRegistration,
} from '../../../protocol/limbasiya/card-registration.ts';
import { parseCredentials, parsePassword } from '../../../protocol/limbasiya/credentials.ts';
import { registerHub, requestHubRegistration } from '../../../protocol/limbasiya/hub-registration.ts';
import { decodeList, encodeList } from '../../../protocol/limbasiya/list.ts';
import { makeChallenge, makeLogin, readChallenge, readLogin } from '../../../protocol/limbasiya/service.ts';
import { changePassword, computeOmega, computeTau } from '../../../protocol/limbasiya/updation.ts';
import { fixedRandom } from '../support.ts';
import { cardOf, hubsOf, limbasiyaCases } from './patients.ts';

describe.each(limbasiyaCases)('vectors/limbasiya-2021.json, user $user.id', (vector) => {
  const { user, service, update } = vector;
  const K_RC = fromHex(vector.k_rc);
  const List = fromHex(vector.list_sj);
  const credentials = parseCredentials(user.id, user.password);
  const hubs = hubsOf(vector);
  const identity = { UID: fromHex(user.UID), C: fromHex(user.C) };

  it.each(vector.hubs)('registers the hub $id', (hub) => {
    const { P, Q } = requestHubRegistration(noble, {
      ID: hub.id,
      PW: parsePassword(hub.password),
      r_S: fromHex(hub.r_s),
    });
    expect(toHex(P)).toBe(hub.P);
    expect(toHex(Q)).toBe(hub.Q);
    expect(toHex(registerHub(noble, { K_RC, P, SRT: hub.srt_ms }))).toBe(hub.SSK);
  });

  it('writes and reads the list of hubs', () => {
    expect(toHex(encodeList(hubs))).toBe(vector.list_sj);
    expect(decodeList(List)).toEqual(hubs);
  });

  it('registers the user', () => {
    const asked = requestCardRegistration(noble, credentials, fixedRandom(user.r1, user.r2));
    expect(toHex(asked.A)).toBe(user.A);
    expect(toHex(asked.B)).toBe(user.B);
    expect(toHex(asked.UID)).toBe(user.UID);
    const registered = registerCard(noble, { K_RC, UID: asked.UID, A: asked.A }, fixedRandom(user.r3));
    expect(toHex(registered.USK)).toBe(user.USK);
    expect(toHex(registered.C)).toBe(user.C);
    expect(toHex(registered.D)).toBe(user.D);
    const { C, D } = registered;
    expect(makeCard(noble, asked, { keyId: 0, C, D, List })).toEqual(cardOf(vector.card));
  });

  it('opens the card with identity and password', () => {
    const opened = openCard(noble, cardOf(vector.card), credentials);
    expect(toHex(opened.user.r1)).toBe(user.r1);
    expect(toHex(opened.user.r2)).toBe(user.r2);
    expect(toHex(opened.user.UID)).toBe(user.UID);
    expect(toHex(opened.USK)).toBe(user.USK);
    expect(toHex(opened.C)).toBe(user.C);
    expect(toHex(opened.List)).toBe(vector.list_sj);
    expect(opened.hubs).toEqual(hubs);
  });

  it('logs in, and agrees on a key', () => {
    const hub = hubs.find(({ ID }) => ID === service.hub);
    if (hub === undefined) throw new Error('the vector has no such hub');
    const login = makeLogin(noble, identity, hub, service.t1_ms);
    expect(toHex(login.alpha)).toBe(service.alpha);
    expect(toHex(login.beta)).toBe(service.beta);
    const { UID, T2 } = readLogin(noble, hub, login, service.t2_ms);
    expect(toHex(UID)).toBe(user.UID);
    expect(T2).toBe(service.t2_ms);
    const { challenge, agreement } = makeChallenge(noble, hub, identity, login, { T2, VT: service.vt_s });
    expect(toHex(challenge.gamma)).toBe(service.gamma);
    expect(toHex(challenge.sigma)).toBe(service.sigma);
    expect(toHex(agreement.SK)).toBe(service.SK);
    expect(readChallenge(noble, identity, hub.ID, login, challenge, service.t2_ms)).toEqual(agreement);
    expect(agreement).toMatchObject({ VT: service.vt_s, Loc: hub.Loc });
  });

  it('asks for the lists', () => {
    const hub = vector.hubs.find(({ id }) => id === service.hub);
    if (hub === undefined) throw new Error('the vector has no such hub');
    expect(toHex(computeTau(noble, identity, update.t_ms))).toBe(update.tau);
    const asking = { Q: fromHex(hub.Q), SSK: fromHex(hub.SSK) };
    expect(toHex(computeOmega(noble, asking, update.t_ms))).toBe(update.omega);
  });

  it('changes the password', () => {
    const { new_password, ...values } = vector.password_change;
    const changed = changePassword(noble, cardOf(vector.card), credentials, parsePassword(new_password));
    expect(changed).toEqual({ ...cardOf(values), sequence: 2 });
    expect(openCard(noble, changed, { ID: credentials.ID, PW: utf8(new_password) }).hubs).toEqual(hubs);
  });
});
