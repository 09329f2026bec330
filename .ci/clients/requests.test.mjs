import assert from "node:assert/strict";
import { test } from "node:test";
import { LoggedOut, TryLater } from "../../docs/guides/clients/session.js";
import { MINUTE, NOT_VALID, REFRESH, json, loggedIn, offline, settle } from "./fakes.mjs";

test("authorizedFetch adds the token to the caller's own request", async () => {
  const { session, service, first } = await loggedIn();
  service.on["/api/things/"] = () => json(418, {});
  const init = { method: "PUT", body: "[1]", headers: { "X-Mine": "1" } };
  const response = await session.authorizedFetch("/api/things/", init);
  assert.equal(response.status, 418);
  const { method, body, headers } = service.requests.at(-1);
  assert.deepEqual([method, body, headers.get("X-Mine")], ["PUT", "[1]", "1"]);
  assert.equal(headers.get("Authorization"), `Bearer ${first.access}`);
});

test("authorizedFetch sends the token to the API and nowhere else", async () => {
  const { session, service } = await loggedIn();
  for (const path of ["@example.org/", ".example.org/", "https://example.org/", ""]) {
    await assert.rejects(session.authorizedFetch(path), TypeError);
  }
  assert.equal(service.requests.length, 1);
});

test("requests that are refused together share one refresh and are sent again", async () => {
  const { session, service, first } = await loggedIn();
  service.on["/api/me/"] = ({ headers }) =>
    headers.get("Authorization") === `Bearer ${first.access}` ? json(401, NOT_VALID) : json(200, {});
  const answers = await Promise.all([1, 2, 3].map(() => session.authorizedFetch("/api/me/")));
  assert.deepEqual(answers.map(({ status }) => status), [200, 200, 200]);
  assert.equal(service.count(REFRESH), 1);
  assert.equal(service.count("/api/me/"), 6);
});

test("a request that is refused twice is the caller's", async () => {
  const { session, service } = await loggedIn();
  service.on["/api/me/"] = () => json(401, NOT_VALID);
  assert.equal((await session.authorizedFetch("/api/me/")).status, 401);
  assert.equal(service.count("/api/me/"), 2);
});

test("a token that was refused is no answer to the wish for another, whatever time it has left", async () => {
  const { session, service, first } = await loggedIn();
  service.on[REFRESH] = offline;
  await assert.rejects(session.accessToken({ except: first.access }), TryLater);
});

test("a request of an ended session fails with LoggedOut", async () => {
  const made = await loggedIn();
  made.service.on["/api/me/"] = () => json(401, NOT_VALID);
  made.service.on[REFRESH] = () => json(401, NOT_VALID);
  await assert.rejects(made.session.authorizedFetch("/api/me/"), LoggedOut);
  assert.equal(made.ended, 1);
});

test("a log-out ends the session here and there", async () => {
  const made = await loggedIn();
  assert.equal(await made.session.logOut(), true);
  assert.deepEqual(made.service.requests.at(-1).fields, { refresh: made.first.refresh });
  assert.equal(made.store.record, null);
  assert.equal(made.ended, 1);
  await assert.rejects(made.session.accessToken(), LoggedOut);
});

test("a log-out without network ends the session here", async () => {
  const made = await loggedIn();
  made.service.on["/api/log_out/"] = offline;
  assert.equal(await made.session.logOut(), false);
  assert.equal(made.store.record, null);
});

test("a log-out waits for a refresh under way and ends what that brought", async () => {
  const made = await loggedIn();
  let answer;
  made.service.on[REFRESH] = () => new Promise((resolve) => (answer = resolve));
  await made.clock.pass(60 * MINUTE);
  const asking = made.session.accessToken();
  await settle();
  const leaving = made.session.logOut();
  await settle();
  assert.equal(made.service.count("/api/log_out/"), 0);
  answer(made.service.tokens());
  await Promise.all([asking, leaving]);
  assert.deepEqual(made.service.requests.at(-1).fields, { refresh: made.service.latest.refresh });
  assert.equal(made.store.record, null);
});

test("a log-out leaves no retry behind", async () => {
  const made = await loggedIn();
  made.service.on[REFRESH] = offline;
  await made.clock.pass(59.5 * MINUTE);
  await made.session.accessToken();
  await made.session.logOut();
  assert.equal(made.clock.timers.size, 0);
});
