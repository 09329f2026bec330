// Several workers or tabs on one store, and others who hold a copy.
import assert from "node:assert/strict";
import { test } from "node:test";
import { LoggedOut, TryLater, same, type Client, type Rec, type Store } from "../src/faregate.js";
import { memoryStore } from "../src/stores.js";
import { LOG_OUT, MINUTE, REFRESH, loggedIn, offline, seeded, setUp } from "./fakes.js";

const held = new WeakMap<Client, string>();

/** Another token than the last time: refreshes, but for the first time after a log-in. */
async function newer(client: Client): Promise<string> {
  const token = await client.accessToken(held.get(client));
  held.set(client, token);
  return token;
}

test("workers that refresh at once: one rotation, and all have a token", async () => {
  const { service, another, store } = await loggedIn();
  const workers = Array.from({ length: 8 }, () => another());
  const answers = await Promise.all(workers.map((worker) => worker.fetch("/api/me/")));
  assert.ok(answers.every(({ status }) => status === 200));
  assert.equal(service.rotations, 1);
  assert.equal(new Set(service.bodies(REFRESH).map((fields) => JSON.stringify(fields))).size, 1);
  assert.equal(service.to(REFRESH).length, 8);
  assert.match((await store.read())!.refresh, /^refresh\.0\.1\./);
});

test("a worker whose answer comes late discards it and uses what is stored", async () => {
  const { service, another, store } = await loggedIn();
  const slow = another();
  const question = service.hold(REFRESH);
  const asking = newer(slow);
  await question.arrived;
  const fast = another();
  await newer(fast);
  await newer(fast);
  const stored = await store.read();
  question.release(); // the service has gone on: 409
  const token = await asking;
  assert.notDeepEqual(await store.read(), stored);
  assert.equal(service.bodies(REFRESH).at(-1)!.refresh, stored!.refresh);
  assert.equal((await slow.fetch("/api/me/")).status, 200);
  assert.equal(await slow.accessToken(), token);
  assert.ok(!service.sessions[0]!.ended);
});

test("an answer that comes when the record has moved on or is gone is discarded, with its access token", async () => {
  const { service, client, another, store } = await loggedIn();
  const slow = another();
  const answer = service.hold(REFRESH, "answer");
  const asking = newer(slow);
  await answer.arrived;
  await newer(client);
  await newer(client);
  await newer(client);
  const stored = await store.read();
  answer.release();
  await asking;
  assert.equal(service.bodies(REFRESH).at(-1)!.refresh, stored!.refresh);
  const last = service.hold(REFRESH, "answer");
  const lost = assert.rejects(newer(slow), LoggedOut);
  await last.arrived;
  await store.replace(await store.read(), null);
  last.release();
  await lost;
  await assert.rejects(slow.accessToken(), LoggedOut);
});

test("a log-out by one worker is found by the other's next refresh, even by one under way", async () => {
  const { service, client, another, store } = await loggedIn();
  const question = service.hold(REFRESH);
  const asking = assert.rejects(newer(another()), LoggedOut);
  await question.arrived;
  await client.logOut();
  question.release();
  await asking;
  assert.equal(await store.read(), null);
});

test("a log-out wins against a refresh of another worker, and ends what that brought", async () => {
  const { service, client, another, store } = await loggedIn();
  const other = another();
  const replace = store.replace;
  store.replace = async (expected, next) => {
    store.replace = replace;
    if (!next) await newer(other);
    return replace(expected, next);
  };
  assert.equal(await client.logOut(), true);
  assert.equal(await store.read(), null);
  assert.match(service.bodies(LOG_OUT)[0]!.refresh, /^refresh\.0\.1\./);
});

test("a log-in wins against a refresh of another worker", async () => {
  const { client, another, store } = await loggedIn();
  const other = another();
  const replace = store.replace;
  store.replace = async (expected, next) => {
    store.replace = replace;
    await newer(other);
    return replace(expected, next);
  };
  await client.logIn("ben", "correct-horse-7");
  assert.match((await store.read())!.refresh, /^refresh\.1\.0\./);
  await newer(other);
  assert.match((await store.read())!.refresh, /^refresh\.1\.1\./);
});

test("a compare-and-set is by the token and its next id", async () => {
  const old: Rec = { refresh: "r" };
  const store = memoryStore(old);
  assert.equal(await store.replace(null, old), false);
  assert.equal(await store.replace({ refresh: "s" }, old), false);
  assert.equal(await store.replace(old, { ...old, next_id: "a" }), true);
  assert.equal(await store.replace(old, { ...old, next_id: "b" }), false);
  assert.deepEqual(await store.read(), { refresh: "r", next_id: "a" });
  assert.equal(await store.replace({ refresh: "r", next_id: "a" }, null), true);
  assert.equal(await store.replace(null, null), true);
  assert.ok(same(null, null) && !same(null, old));
});

test("a stolen refresh token alone gets nothing and ends the session", async () => {
  const { service, client, another, first } = await loggedIn();
  await newer(client);
  const thief = another({ store: memoryStore({ refresh: first.refresh }) });
  await assert.rejects(thief.accessToken(), LoggedOut);
  assert.ok(service.sessions[0]!.ended);
  await assert.rejects(newer(client), LoggedOut);
});

for (const rotations of [1, 2, 3]) {
  test(`a copy of the record that was used ${rotations} times: the session ends at the client's refresh`, async () => {
    const { service, client, another, first, store } = await loggedIn();
    await newer(client);
    const thief = another({ store: memoryStore({ ...first }) });
    for (let time = 0; time < rotations; time++) await newer(thief);
    const outcome = await newer(client).catch((error) => error);
    // Until the thief goes beyond the record, it has told the service nothing that the client would not have told.
    if (rotations === 1) {
      assert.ok(!(outcome instanceof Error));
      await newer(thief);
      await assert.rejects(newer(client), LoggedOut);
    } else {
      assert.ok(outcome instanceof LoggedOut);
    }
    assert.ok(service.sessions[0]!.ended);
    assert.equal(await store.read(), null);
    await assert.rejects(newer(thief), LoggedOut);
  });
}

/** A store whose operations take turns in any order, and whose process may die with an answer in its hands. */
function crashing(inner: Store, random: () => number): Store {
  return {
    async read() {
      while (random() < 0.3) await null;
      return inner.read();
    },
    async replace(expected, next) {
      while (random() < 0.3) await null;
      if (random() < 0.1) throw new Error("died before it was stored");
      const done = await inner.replace(expected, next);
      if (random() < 0.1) throw new Error("died after it was stored");
      return done;
    },
  };
}

test("lost questions and answers, messages repeated late, and crashes log nobody out", async () => {
  for (let phone = 0; phone < 40; phone++) {
    const random = seeded(phone);
    const inner = memoryStore(phone % 2 ? { refresh: "refresh.0.0." } : null);
    const { service, another } = setUp(null, { store: crashing(inner, random) });
    if (phone % 2) service.open();
    else await another({ store: inner }).logIn("ann", "correct-horse-7");
    const late: (() => unknown)[] = [];
    service.on[REFRESH] = (_, answer) => {
      if (random() < 0.2) late.shift()?.();
      if (random() < 0.3) return offline();
      if (random() < 0.3) late.push(answer);
      if (random() < 0.3) return Promise.resolve(answer()).then(offline);
      return answer();
    };
    const workers = Array.from({ length: 1 + (phone % 4) }, () => another());
    for (let use = 0; use < 30; use++) {
      service.time += random() * 60 * MINUTE;
      if (random() < 0.1) workers[0] = another(); // it starts anew
      await Promise.all(workers.map((worker) =>
        newer(worker).catch((error) => assert.ok(error instanceof TryLater, `phone ${phone}: ${error.stack}`))));
    }
    assert.ok(!service.sessions[0]!.ended && service.rotations > 5, `phone ${phone}: ${service.rotations} rotations`);
  }
});
