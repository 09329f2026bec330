// What comes back, or does not: which answers end a session, and what is sent after all others.
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { LoggedOut, TryLater, type Rec, type Store } from "../src/faregate.js";
import { memoryStore } from "../src/stores.js";
import {
  ID, LOG_OUT, MINUTE, REFRESH, hash, json, jwt, loggedIn, offline, page, refused, setUp, superseded,
} from "./fakes.js";

const distinct = (values: unknown[]) => new Set(values.map((value) => JSON.stringify(value))).size;
const another: Rec = { refresh: "refresh.9.9.", rotation_id: "r".repeat(22), next_id: "n".repeat(22) };

for (const [name, lose] of [
  ["question", () => offline()],
  ["answer", async (answer: () => unknown) => { await answer(); return offline(); }],
  ["rest of the answer", async (answer: () => Response | Promise<Response>) => {
    const text = await (await answer()).text();
    return new Response(text.slice(0, text.length / 2));
  }],
] as [string, (answer: () => any) => Promise<Response>][]) {
  test(`a ${name} that got lost: the same request goes out again`, async () => {
    const { service, client, store, first } = await loggedIn();
    let lost = 0;
    service.on[REFRESH] = (_, answer) => (lost++ < 3 ? lose(answer) : answer());
    service.time += 60 * MINUTE;
    for (let attempt = 0; attempt < 3; attempt++) {
      await assert.rejects(client.accessToken(), TryLater);
      assert.deepEqual(await store.read(), first);
      service.time += 7 * 60 * MINUTE; // for hours: no grace counts
    }
    await client.accessToken();
    const bodies = service.bodies(REFRESH);
    assert.equal(distinct(bodies.slice(0, 4)), 1);
    assert.notEqual((await store.read())!.refresh, first.refresh);
    assert.ok(!service.sessions[0]!.ended);
  });
}

test("an answer given again late brings an access token that is over: one more refresh at once", async () => {
  const { service, client, store, first } = await loggedIn();
  service.on[REFRESH] = async (_, answer) => { await answer(); return offline(); };
  service.time += 60 * MINUTE;
  await assert.rejects(client.accessToken(), TryLater);
  delete service.on[REFRESH];
  service.time += 2 * 60 * MINUTE;
  const token = await client.accessToken();
  const [lost, again, next] = service.bodies(REFRESH);
  assert.deepEqual(again, lost);
  assert.equal(next!.rotation_id, first.next_id);
  assert.equal(service.rotations, 2);
  assert.equal(await client.accessToken(), token);
  assert.equal(next!.rotation_next, hash((await store.read())!.rotation_id!));
});

test("a service whose tokens never live is not asked for ever", async () => {
  const { service, client } = await loggedIn();
  service.on[REFRESH] = () => json(200, { access: jwt(0) });
  await assert.rejects(client.accessToken(await client.accessToken()), TryLater);
  assert.equal(service.to(REFRESH).length, 20);
});

test("a record is durable before it is sent", async () => {
  const { service, client, store } = await loggedIn();
  let seen = 0;
  service.on[REFRESH] = async ({ fields }, answer) => {
    const { refresh, rotation_id, next_id } = (await store.read())!;
    assert.deepEqual(fields, { refresh, rotation_id, rotation_next: hash(next_id!) });
    seen++;
    return answer();
  };
  for (let round = 0; round < 5; round++) await client.accessToken(await client.accessToken());
  assert.equal(seen, 5);
});

test("a crash between an answer and its storing: the next process sends the same request", async () => {
  const { service, another: client, client: crashing, store, first } = await loggedIn();
  const replace = store.replace;
  store.replace = () => Promise.reject(new Error("crashed"));
  await assert.rejects(crashing.accessToken(await crashing.accessToken()), TryLater);
  store.replace = replace;
  assert.deepEqual(await store.read(), first);
  await client().accessToken();
  assert.equal(distinct(service.bodies(REFRESH)), 1);
  assert.equal(service.rotations, 1);
  assert.equal((await store.read())!.rotation_id, first.next_id);
});

const strange: Record<string, () => Response> = {
  "a hotel's page with 200": () => page(200),
  "a hotel's page with 401": () => page(401),
  "a hotel's page with 409": () => page(409),
  "a proxy's JSON with 401": () => json(401, { error: "proxy" }),
  "API Gateway's 401": () => json(401, { message: "Unauthorized" }),
  "JSON without tokens": () => json(200, { welcome: "to our hotel" }),
  "a token that is none": () => json(200, { access: "nonsense", refresh: "nonsense" }),
  "a token without a life": () => json(200, { access: jwt(NaN), refresh: "nonsense" }),
  "null": () => json(200, null),
  "401 that says retry": () => refused("retry"),
  "409 that says retry": () => json(409, { action: "retry" }),
  "400 for a body that was spoilt": () => json(400, { detail: "JSON parse error" }),
  "400": () => json(400, { rotation_next: ["Not a valid string."] }),
  "403": () => json(403, { message: "Forbidden" }),
  "404": () => page(404),
  "429": () => json(429, { detail: "slow down", action: "retry" }),
  "500": () => page(500),
  "502": () => json(502, { message: "Internal server error" }),
  "503": () => json(503, { detail: "Token is invalid or expired", code: "token_not_valid" }),
  "503 that says reauthenticate": () => json(503, { detail: "" }, { "Faregate-Action": "reauthenticate" }),
  "504": () => json(504, { message: "Endpoint request timed out" }),
};
for (const [name, answer] of Object.entries(strange)) {
  test(`${name} logs nobody out; the token is used to its end`, async () => {
    const { service, client, store, first } = await loggedIn();
    const token = await client.accessToken();
    service.on[REFRESH] = answer;
    service.time += 59.5 * MINUTE;
    assert.equal(await client.accessToken(), token);
    service.time += MINUTE;
    await assert.rejects(client.accessToken(), TryLater);
    assert.deepEqual(await store.read(), first);
    assert.equal(distinct(service.bodies(REFRESH)), 1);
    assert.equal(service.to(LOG_OUT).length, 0);
    delete service.on[REFRESH];
    assert.notEqual(await client.accessToken(), token);
  });
}

test("Retry-After is obeyed, and a clock that is set back does not make it long", async () => {
  const { service, client } = await loggedIn();
  service.on[REFRESH] = () => json(503, { detail: "later" }, { "Retry-After": "40" });
  service.time += 60 * MINUTE;
  const wait = (ms: number) =>
    assert.rejects(client.accessToken(), (error) => error instanceof TryLater && error.afterMs === ms);
  await wait(40_000);
  service.time += 39_999;
  await wait(1);
  assert.equal(service.to(REFRESH).length, 1);
  service.time += 1;
  await wait(40_000);
  assert.equal(service.to(REFRESH).length, 2);
  service.time -= 1000;
  delete service.on[REFRESH];
  await client.accessToken();
});

test("an answer that never comes is given up after ten seconds", async () => {
  const timers: { action: () => void; ms: number }[] = [];
  const remember = (action: () => void, ms: number) => timers.push({ action, ms });
  const clock = mock.method(globalThis, "setTimeout", remember as unknown as typeof setTimeout);
  const { service, client, store, first } = await loggedIn();
  const token = await client.accessToken();
  const asked = new Promise<void>((here) => {
    service.on[REFRESH] = ({ init }) => new Promise((_, fail) => {
      init.signal!.addEventListener("abort", () => fail(init.signal!.reason));
      here();
    });
  });
  const asking = assert.rejects(client.accessToken(token), TryLater);
  await asked;
  clock.mock.restore();
  assert.equal(timers.at(-1)!.ms, 10_000);
  timers.at(-1)!.action();
  await asking;
  assert.deepEqual(await store.read(), first);
});

const reloads = {
  "409": superseded,
  "401 with reload": () => refused("reload"),
  "401 without an action": () => refused(),
};
for (const [name, answer] of Object.entries(reloads)) {
  test(`${name}, and the record is another by now: it is used`, async () => {
    const { service, client, store, first } = await loggedIn();
    service.open(hash(another.rotation_id!));
    const renewed = { ...another, refresh: `refresh.1.0.${hash(another.rotation_id!)}` };
    service.on[REFRESH] = async () => {
      delete service.on[REFRESH];
      await store.replace(first, renewed);
      return answer();
    };
    await client.accessToken(await client.accessToken());
    assert.equal(service.bodies(REFRESH)[1]!.refresh, renewed.refresh);
    assert.equal(service.to(LOG_OUT).length, 0);
  });

  test(`${name}, and the record is gone by now: nobody is logged in`, async () => {
    const { service, client, store, first } = await loggedIn();
    service.on[REFRESH] = async () => {
      await store.replace(first, null);
      return answer();
    };
    await assert.rejects(client.accessToken(await client.accessToken()), LoggedOut);
    assert.equal(service.to(LOG_OUT).length, 0);
  });

  test(`${name}, and the record is the same: logs out with it`, async () => {
    const { service, client, store, first } = await loggedIn();
    service.on[REFRESH] = answer;
    await assert.rejects(client.accessToken(await client.accessToken()), LoggedOut);
    assert.deepEqual(service.bodies(LOG_OUT), [{ refresh: first.refresh }]);
    assert.equal(await store.read(), null);
    await assert.rejects(client.accessToken(), LoggedOut);
    assert.equal(service.to(REFRESH).length, 1);
  });

  test(`${name}, and no log-out gets through: the record stays until one does`, async () => {
    const { service, client, store, first } = await loggedIn();
    service.on[REFRESH] = answer;
    service.on[LOG_OUT] = offline;
    const token = await client.accessToken();
    await assert.rejects(client.accessToken(token), TryLater);
    assert.deepEqual(await store.read(), first);
    service.on[LOG_OUT] = () => json(200, {});
    await assert.rejects(client.accessToken(token), LoggedOut);
    assert.equal(await store.read(), null);
  });
}

test("401 with reauthenticate clears the record, unless it is another by now", async () => {
  const { service, client, store, first } = await loggedIn();
  service.open(hash(another.rotation_id!));
  const renewed = { ...another, refresh: `refresh.1.0.${hash(another.rotation_id!)}` };
  service.on[REFRESH] = async ({ fields }, answer) => {
    if (fields.refresh === renewed.refresh) return answer();
    await store.replace(first, renewed);
    return refused("reauthenticate");
  };
  await client.accessToken(await client.accessToken());
  assert.match((await store.read())!.refresh, /^refresh\.1\.1\./);
  service.on[REFRESH] = () => refused("reauthenticate");
  await assert.rejects(client.accessToken(await client.accessToken()), LoggedOut);
  assert.equal(await store.read(), null);
  assert.equal(service.to(LOG_OUT).length, 0);
});

test("the action may stand in the body: a page of another origin may not see the header", async () => {
  const { service, client, store, first } = await loggedIn();
  service.on[REFRESH] = () => json(409, { detail: "", code: "superseded", action: "reload" });
  await assert.rejects(client.accessToken(await client.accessToken()), LoggedOut);
  assert.deepEqual(service.bodies(LOG_OUT), [{ refresh: first.refresh }]);
  assert.equal(await store.read(), null);
});

/** A store in which every operation takes a turn of its own, and which remembers what was written. */
function watched(record: Rec): Store & { written: (Rec | null)[] } {
  const inner = memoryStore(record);
  const written: (Rec | null)[] = [];
  return {
    written,
    read: inner.read,
    async replace(expected, next) {
      await new Promise(setImmediate);
      const done = await inner.replace(expected, next);
      if (done) written.push(next);
      return done;
    },
  };
}

test("a token from before ids gets one, which is durable before its hash is sent, and is sent unchanged", async () => {
  const store = watched({ refresh: "refresh.0.0." });
  const { service, client } = setUp(null, { store });
  service.open();
  let lost = 0;
  service.on[REFRESH] = async (_, answer) => {
    const next_id = (await store.read())!.next_id!;
    assert.match(next_id, ID);
    assert.deepEqual(store.written, [{ refresh: "refresh.0.0.", next_id }]);
    await answer();
    return lost++ < 2 ? offline() : answer();
  };
  await assert.rejects(client.accessToken(), TryLater);
  await assert.rejects(client.accessToken(), TryLater);
  await client.accessToken();
  const { next_id } = store.written[0]!;
  assert.deepEqual(service.bodies(REFRESH), Array(3).fill({ refresh: "refresh.0.0.", rotation_next: hash(next_id!) }));
  assert.equal(store.written[1]!.rotation_id, next_id);
  delete service.on[REFRESH];
  await client.accessToken(await client.accessToken());
  assert.equal(service.bodies(REFRESH).at(-1)!.rotation_id, next_id);
});

test("two workers that find a token from before ids send one id", async () => {
  const store = watched({ refresh: "refresh.0.0." });
  const { service, another: worker } = setUp(null, { store });
  service.open();
  await Promise.all([1, 2, 3].map(() => worker().accessToken()));
  assert.equal(service.rotations, 1);
  assert.equal(store.written.length, 2);
  assert.ok(!service.sessions[0]!.ended);
});
