import assert from "node:assert/strict";
import { test } from "node:test";
import { LoggedOut, Refused, TryLater } from "../../docs/guides/clients/session.js";
import {
  MINUTE, NOT_VALID, REFRESH, hash, json, jwt, loggedIn, offline, recordOf, refused, sentWith, setUp, settle,
} from "./fakes.mjs";

const page = (status) => () => new Response("<title>Welcome to our hotel</title>", { status });

test("a log-in keeps a record in the store and the access token in memory", async () => {
  const { session, service, store, first } = await loggedIn();
  const { refresh, rotation_id, next_id } = store.record;
  const sent = { username: "ann", password: "correct-horse-7", rotation_next: hash(rotation_id) };
  assert.deepEqual(service.requests[0].fields, sent);
  assert.equal(refresh, first.refresh);
  for (const id of [rotation_id, next_id]) assert.match(id, /^[\w-]{22}$/);
  assert.notEqual(rotation_id, next_id);
  assert.equal(await session.accessToken(), first.access);
  assert.equal(service.count(REFRESH), 0);
});

test("a log-in waits for a refresh of the session before it", async () => {
  const { session, service, store } = setUp("refresh-stored");
  let answer;
  service.on[REFRESH] = () => new Promise((resolve) => (answer = resolve));
  const asking = session.accessToken();
  await settle();
  const entering = session.logIn("ben", "correct-horse-7");
  await settle();
  assert.equal(service.count("/api/log_in/"), 0);
  answer(service.tokens());
  await Promise.all([asking, entering]);
  assert.equal(service.requests.at(-1).path, "/api/log_in/");
  assert.equal(store.record.refresh, service.latest.refresh);
  assert.equal(await session.accessToken(), service.latest.access);
});

test("a log-in says which device it is on", async () => {
  const { session, service } = setUp();
  await session.logIn("ann", "correct-horse-7", "Ann's phone");
  assert.equal(service.requests[0].fields.device_name, "Ann's phone");
});

test("a refused log-in says why, and one that cannot be answered is for later", async () => {
  const { session, service, store } = setUp();
  service.on["/api/log_in/"] = () => json(401, { detail: "No active account found" });
  const wrong = (error) => error instanceof Refused && error.status === 401 && /No active/.test(error.body.detail);
  await assert.rejects(session.logIn("ann", "wrong"), wrong);
  service.on["/api/log_in/"] = () => json(400, { password: ["This field is required."] });
  await assert.rejects(session.logIn("ann"), (error) => error instanceof Refused && "password" in error.body);
  service.on["/api/log_in/"] = () => json(503, { detail: "later" }, { "Retry-After": "7" });
  await assert.rejects(session.logIn("ann", "x"), (error) => error instanceof TryLater && error.afterMs === 7000);
  service.on["/api/log_in/"] = offline;
  await assert.rejects(session.logIn("ann", "x"), TryLater);
  assert.equal(store.record, null);
});

test("after too many attempts the app hears for how long, and nothing is sent by itself", async () => {
  const { session, service, clock } = setUp();
  service.on["/api/log_in/"] = () => json(429, { detail: "Request was throttled." }, { "Retry-After": "16" });
  await assert.rejects(session.logIn("ann", "x"), (error) => error instanceof TryLater && error.afterMs === 16_000);
  await clock.pass(60 * MINUTE);
  assert.equal(service.count("/api/log_in/"), 1);
});

test("a device shows at a log-in what it was given at the last one, log-outs between them or not", async () => {
  const { session, service, store, another } = setUp();
  const device = { get: () => device.value, set: (value) => (device.value = value) };
  let given = 0;
  service.on["/api/log_in/"] = () => {
    const answer = service.tokens();
    answer.headers.set("Faregate-Device", `device.${++given}`);
    return answer;
  };
  const shown = async (of) => {
    await of.logIn("ann", "correct-horse-7");
    await of.logOut();
    const last = service.requests.filter(({ path }) => path === "/api/log_in/").at(-1);
    return last.headers.get("Faregate-Device");
  };
  assert.deepEqual([await shown(session), await shown(session)], [null, "device.1"]);
  const kept = { ...store, device };
  assert.deepEqual([await shown(another({ store: kept })), await shown(another({ store: kept }))], [null, "device.3"]);
  const failing = () => { throw new Error("the phone is locked"); };
  const locked = another({ store: { ...store, device: { get: failing, set: failing } } });
  assert.deepEqual([await shown(locked), await shown(locked)], [null, null]);
  assert.ok(service.requests.every(({ path, headers }) => path === "/api/log_in/" || !headers.has("Faregate-Device")));
});

for (const [name, now] of [["right", Date.UTC(2026, 0, 1)], ["in 1970", 0], ["in 2199", Date.UTC(2199, 0, 1)]]) {
  test(`a token is replaced a minute before its end: a clock that is ${name}`, async () => {
    const { session, service, store, clock } = setUp();
    clock.time = now;
    await session.logIn("ann", "correct-horse-7");
    const [first, record] = [service.latest, store.record];
    await clock.pass(59 * MINUTE - 1);
    assert.equal(await session.accessToken(), first.access);
    await clock.pass(1);
    assert.equal(await session.accessToken(), service.latest.access);
    assert.notEqual(service.latest.access, first.access);
    assert.deepEqual(service.requests[1].fields, sentWith(record));
    assert.equal(store.record.refresh, service.latest.refresh);
    assert.equal(store.record.rotation_id, record.next_id);
  });
}

test("a token that lives shortly is replaced in its last quarter", async () => {
  const { session, service, clock } = await loggedIn(20);
  await clock.pass(14_999);
  await session.accessToken();
  assert.equal(service.count(REFRESH), 0);
  await clock.pass(1);
  await session.accessToken();
  assert.equal(service.count(REFRESH), 1);
});

test("the time that an answer takes counts", async () => {
  const { session, service, clock } = setUp("refresh-0");
  service.on[REFRESH] = async () => {
    clock.time += 9000;
    return service.tokens();
  };
  await session.accessToken();
  await clock.pass(59 * MINUTE - 9000);
  await session.accessToken();
  assert.equal(service.count(REFRESH), 2);
});

test("a clock that was set back makes a token old, not young", async () => {
  const { session, service, clock } = await loggedIn();
  clock.time -= 10 * MINUTE;
  await session.accessToken();
  assert.equal(service.count(REFRESH), 1);
});

test("after a restart the session goes on with the stored token", async () => {
  const { session, service } = setUp("refresh-stored");
  assert.equal(await session.accessToken(), service.latest.access);
  assert.deepEqual(service.requests[0].fields, sentWith(recordOf("refresh-stored")));
});

test("nobody logged in: no request", async () => {
  const { session, service } = setUp();
  await assert.rejects(session.accessToken(), LoggedOut);
  await assert.rejects(session.authorizedFetch("/api/me/"), LoggedOut);
  assert.equal(await session.logOut(), true);
  assert.equal(service.requests.length, 0);
});

test("many who ask share one refresh", async () => {
  const { session, service, clock } = await loggedIn();
  await clock.pass(2 * 60 * MINUTE);
  const tokens = await Promise.all(Array.from({ length: 20 }, () => session.accessToken()));
  assert.deepEqual(new Set(tokens), new Set([service.latest.access]));
  assert.equal(service.count(REFRESH), 1);
});

test("without rotation the refresh token stays", async () => {
  const { session, service, store } = setUp("refresh-stored");
  service.on[REFRESH] = () => json(200, { access: jwt() });
  await session.accessToken();
  assert.deepEqual(store.record, recordOf("refresh-stored"));
});

test("a refresh that is refused ends the session, once", async () => {
  const made = await loggedIn();
  made.service.on[REFRESH] = () => refused("reauthenticate");
  await made.clock.pass(60 * MINUTE);
  const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => made.session.accessToken()));
  assert.ok(outcomes.every(({ reason }) => reason instanceof LoggedOut));
  assert.equal(made.store.record, null);
  assert.equal(made.ended, 1);
  await assert.rejects(made.session.accessToken(), LoggedOut);
  assert.equal(made.service.count(REFRESH), 1);
  assert.equal(made.clock.timers.size, 0);
});

test("without network the token is used to its end, then it is for later; nobody is logged out", async () => {
  const made = await loggedIn();
  made.service.on[REFRESH] = offline;
  await made.clock.pass(59.5 * MINUTE);
  assert.equal(await made.session.accessToken(), made.first.access);
  await made.clock.pass(MINUTE);
  await assert.rejects(made.session.accessToken(), TryLater);
  await made.clock.pass(24 * 60 * MINUTE);
  await assert.rejects(made.session.accessToken(), TryLater);
  assert.deepEqual(made.store.record, made.first.record);
  made.service.on[REFRESH] = () => made.service.tokens();
  await made.clock.pass(1000);
  assert.equal(await made.session.accessToken(), made.service.latest.access);
  assert.equal(made.ended, 0);
});

test("a lost answer is asked for again, with the same request, and not for ever", async () => {
  const made = await loggedIn();
  const asked = [];
  made.service.on[REFRESH] = () => {
    asked.push(made.clock.time);
    return offline();
  };
  await made.clock.pass(59.5 * MINUTE);
  await made.session.accessToken();
  await made.clock.pass(60 * MINUTE);
  assert.deepEqual(asked.map((time) => (time - asked[0]) / 1000), [0, 1, 3, 7, 15, 31]);
  assert.equal(made.clock.timers.size, 0);
  const sent = made.service.requests.filter(({ path }) => path === REFRESH).map(({ fields }) => fields);
  assert.deepEqual(sent, Array(6).fill(sentWith(made.first.record)));
});

test("a request of one's own after all these begins a new row of them", async () => {
  const made = await loggedIn();
  made.service.on[REFRESH] = offline;
  await made.clock.pass(61 * MINUTE);
  for (const count of [6, 12]) {
    await assert.rejects(made.session.accessToken(), TryLater);
    await made.clock.pass(60 * MINUTE);
    assert.equal(made.service.count(REFRESH), count);
  }
});

test("a retry that the system calls a little early still asks", async () => {
  const { session, service, clock } = setUp("refresh-stored");
  service.on[REFRESH] = offline;
  await assert.rejects(session.accessToken(), TryLater);
  service.on[REFRESH] = () => service.tokens();
  clock.time += 999;
  [...clock.timers.values()][0].action();
  await settle();
  assert.equal(service.count(REFRESH), 2);
});

test("there is one retry at a time", async () => {
  const { session, service, clock } = setUp("refresh-stored");
  service.on[REFRESH] = offline;
  await assert.rejects(session.accessToken(), TryLater);
  await clock.pass(1000);
  await clock.pass(1500); // the next retry is after 2000
  await assert.rejects(session.accessToken(), TryLater);
  assert.equal(service.count(REFRESH), 3);
  assert.equal(clock.timers.size, 1);
});

test("a retry that succeeds serves the next who asks", async () => {
  const { session, service, clock } = await loggedIn();
  service.on[REFRESH] = offline;
  await clock.pass(59.5 * MINUTE);
  await session.accessToken();
  service.on[REFRESH] = () => service.tokens();
  await clock.pass(1000);
  assert.equal(service.count(REFRESH), 2);
  assert.equal(await session.accessToken(), service.latest.access);
  assert.equal(service.count(REFRESH), 2);
  assert.equal(clock.timers.size, 0);
});

test("an answer that never comes is given up after ten seconds", async () => {
  const { session, service, store, clock } = setUp("refresh-stored");
  service.on[REFRESH] = ({ signal }) =>
    new Promise((_, fail) => signal.addEventListener("abort", () => fail(signal.reason)));
  const asking = assert.rejects(session.accessToken(), TryLater);
  await clock.pass(10_000);
  await asking;
  assert.deepEqual(store.record, recordOf("refresh-stored"));
});

test("Retry-After is obeyed", async () => {
  const { session, service, clock } = await loggedIn();
  service.on[REFRESH] = () => json(503, { detail: "later" }, { "Retry-After": "40" });
  await clock.pass(60 * MINUTE);
  await assert.rejects(session.accessToken(), (error) => error instanceof TryLater && error.afterMs === 40_000);
  service.on[REFRESH] = () => service.tokens();
  await clock.pass(39_999);
  await assert.rejects(session.accessToken(), (error) => error instanceof TryLater && error.afterMs === 1);
  assert.equal(service.count(REFRESH), 1);
  await clock.pass(1);
  assert.equal(service.count(REFRESH), 2);
  assert.equal(await session.accessToken(), service.latest.access);
});

test("a clock that is set back does not make Retry-After long", async () => {
  const { session, service, clock } = setUp("refresh-stored");
  service.on[REFRESH] = () => json(503, {}, { "Retry-After": "5" });
  await assert.rejects(session.accessToken(), TryLater);
  service.on[REFRESH] = () => service.tokens();
  clock.time -= 60 * MINUTE;
  assert.equal(await session.accessToken(), service.latest.access);
});

const strange = {
  "a hotel's page with 200": page(200),
  "a hotel's page with 401": page(401),
  "a proxy's JSON with 401": () => json(401, { error: "proxy" }),
  "a hotel's page with 409": page(409),
  "401 that says retry": () => refused("retry"),
  "409 that says retry": () => json(409, { action: "retry" }),
  "JSON without tokens": () => json(200, { welcome: "to our hotel" }),
  "a token that is none": () => json(200, { access: "nonsense", refresh: "nonsense" }),
  "a token without a life": () => json(200, { access: jwt(NaN), refresh: "nonsense" }),
  "null": () => json(200, null),
  "400 for a body that was spoilt": () => json(400, { detail: "JSON parse error" }),
  "400": () => json(400, { refresh: ["Not a valid string."] }),
  "403": () => json(403, { message: "Forbidden" }),
  "404": page(404),
  "429": () => json(429, { detail: "slow down" }, { "Retry-After": "3" }),
  "500": page(500),
  "502": () => json(502, { message: "Internal server error" }),
  "503": () => json(503, NOT_VALID),
  "504": () => json(504, { message: "Endpoint request timed out" }),
};
for (const [name, answer] of Object.entries(strange)) {
  test(`a refresh answered by ${name} keeps the tokens`, async () => {
    const made = await loggedIn();
    made.service.on[REFRESH] = answer;
    await made.clock.pass(59.5 * MINUTE);
    assert.equal(await made.session.accessToken(), made.first.access);
    await made.clock.pass(2 * MINUTE);
    await assert.rejects(made.session.accessToken(), TryLater);
    assert.deepEqual(made.store.record, made.first.record);
    assert.equal(made.ended, 0);
  });
}

test("a store that cannot be read logs nobody out", async () => {
  const made = setUp("refresh-stored");
  made.store.get = async () => {
    throw new Error("the phone is locked");
  };
  const locked = (error) => error instanceof TryLater && /locked/.test(error.message);
  await assert.rejects(made.session.accessToken(), locked);
  made.store.get = async () => made.store.record;
  await made.clock.pass(1000);
  assert.equal(await made.session.accessToken(), made.service.latest.access);
  assert.equal(made.ended, 0);
});
