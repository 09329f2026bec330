// The record of a session: what is sent, what is stored, and several workers or tabs on one store.
import assert from "node:assert/strict";
import { test } from "node:test";
import { LoggedOut, TryLater, sameRecord } from "../../docs/guides/clients/session.js";
import {
  MINUTE, NOT_VALID, REFRESH, fakeStore, hash, json, jwt, loggedIn, offline, recordOf, refused, sentWith, setUp, settle,
  superseded,
} from "./fakes.mjs";

const to = (path, { requests }) => requests.filter((request) => request.path === path).map(({ fields }) => fields);
const sent = (service) => to(REFRESH, service);
const logOuts = (service) => to("/api/log_out/", service);

test("each rotation shows the id that the one before named, and names a fresh one", async () => {
  const { session, service, store } = setUp("refresh-stored");
  for (let round = 0, token; round < 3; round++) {
    const before = store.record;
    token = await session.accessToken({ except: token });
    assert.deepEqual(sent(service)[round], sentWith(before));
    assert.equal(store.record.rotation_id, before.next_id);
    assert.match(store.record.next_id, /^[\w-]{22}$/);
  }
});

test("a crash between an answer and its storing: the next process sends the same request", async () => {
  const { session, another, service, store } = setUp("refresh-stored");
  const { replace } = store;
  store.replace = async () => {
    throw new Error("crashed");
  };
  await assert.rejects(session.accessToken(), TryLater);
  assert.deepEqual(store.record, recordOf("refresh-stored"));
  store.replace = replace;
  await another().accessToken();
  assert.deepEqual(sent(service), Array(2).fill(sentWith(recordOf("refresh-stored"))));
});

test("an answer given again late brings an access token that is over: one more refresh at once", async () => {
  const { session, service, store } = setUp("refresh-stored");
  service.on[REFRESH] = () => {
    service.on[REFRESH] = () => service.tokens();
    return json(200, { access: jwt(0), refresh: "refresh-late" });
  };
  assert.equal(await session.accessToken(), service.latest.access);
  assert.deepEqual(sent(service).map(({ refresh }) => refresh), ["refresh-stored", "refresh-late"]);
  assert.equal(store.record.refresh, service.latest.refresh);
});

test("a service whose tokens never live is not asked for ever", async () => {
  const { session, service } = setUp("refresh-stored");
  service.on[REFRESH] = () => json(200, { access: jwt(0) });
  await assert.rejects(session.accessToken(), TryLater);
  assert.equal(service.count(REFRESH), 20);
});

const reloads = {
  "409": superseded,
  "401 with reload": () => refused("reload"),
  "401 without an action": () => refused(),
};
for (const [name, answer] of Object.entries(reloads)) {
  test(`${name}: a record that is another by now is used`, async () => {
    const made = setUp("refresh-stored");
    made.service.on[REFRESH] = () => {
      made.service.on[REFRESH] = () => made.service.tokens();
      made.store.record = recordOf("refresh-other");
      return answer();
    };
    assert.equal(await made.session.accessToken(), made.service.latest.access);
    assert.deepEqual(sent(made.service)[1], sentWith(recordOf("refresh-other")));
    assert.equal(logOuts(made.service).length, 0);
    assert.equal(made.ended, 0);
  });

  test(`${name}: a record that is the same is logged out with`, async () => {
    for (const reached of [() => json(200, {}), () => json(401, NOT_VALID)]) {
      const made = setUp("refresh-stored");
      made.service.on[REFRESH] = answer;
      made.service.on["/api/log_out/"] = reached;
      await assert.rejects(made.session.accessToken(), LoggedOut);
      assert.deepEqual(logOuts(made.service), [{ refresh: "refresh-stored" }]);
      assert.equal(made.store.record, null);
      assert.equal(made.ended, 1);
    }
  });

  test(`${name}: a record stays until the service has ended its session`, async () => {
    const made = setUp("refresh-stored");
    made.service.on[REFRESH] = answer;
    made.service.on["/api/log_out/"] = offline;
    await assert.rejects(made.session.accessToken(), TryLater);
    assert.equal(made.store.record.refresh, "refresh-stored");
    made.service.on["/api/log_out/"] = () => json(200, {});
    await made.clock.pass(3000);
    assert.equal(made.store.record, null);
    assert.equal(made.ended, 1);
  });
}

test("401 with reauthenticate clears the record, unless it is another by now", async () => {
  const made = setUp("refresh-stored");
  made.service.on[REFRESH] = () => {
    if (made.store.record.refresh === "refresh-stored") made.store.record = recordOf("refresh-other");
    return refused("reauthenticate");
  };
  await assert.rejects(made.session.accessToken(), LoggedOut);
  assert.deepEqual(sent(made.service).map(({ refresh }) => refresh), ["refresh-stored", "refresh-other"]);
  assert.equal(logOuts(made.service).length, 0);
  assert.equal(made.store.record, null);
  assert.equal(made.ended, 1);
});

test("a token from before ids gets one, which is durable before its hash is sent, and is sent unchanged", async () => {
  const made = setUp();
  made.store.record = { refresh: "refresh-old" };
  const durable = [];
  made.service.on[REFRESH] = () => {
    durable.push(made.store.record);
    return durable.length < 3 ? offline() : made.service.tokens();
  };
  await assert.rejects(made.session.accessToken(), TryLater);
  await made.clock.pass(3000);
  const { next_id } = durable[0];
  assert.deepEqual(durable, Array(3).fill({ refresh: "refresh-old", next_id }));
  assert.deepEqual(sent(made.service), Array(3).fill({ refresh: "refresh-old", rotation_next: hash(next_id) }));
  assert.equal(made.store.record.rotation_id, next_id);
});

test("two workers that find a token from before ids send one id", async () => {
  const made = setUp();
  made.store.record = { refresh: "refresh-old" };
  made.service.on[REFRESH] = () => json(200, { access: jwt(), refresh: "refresh-new" });
  await Promise.all([made.session, made.another(), made.another()].map((session) => session.accessToken()));
  assert.equal(new Set(sent(made.service).map(({ rotation_next }) => rotation_next)).size, 1);
});

test("records are one by their token and the next id", async () => {
  const store = fakeStore({ refresh: "r" });
  assert.equal(await store.replace({ refresh: "r" }, { refresh: "r", next_id: "a" }), true);
  assert.equal(await store.replace({ refresh: "r" }, { refresh: "r", next_id: "b" }), false);
  assert.ok(sameRecord(null, null) && !sameRecord(null, store.record));
});

/** A session whose refresh waits for `answer()`. */
async function asking(made, session) {
  let release;
  made.service.on[REFRESH] = () => new Promise((resolve) => (release = resolve));
  const token = session.accessToken();
  await settle();
  made.service.on[REFRESH] = () => made.service.tokens();
  return { token, answer: (response) => release(response) };
}

test("a worker that was slower takes the same answer, or discards its own and uses what is stored", async () => {
  for (const [refresh, requests] of [["refresh-same", 1], ["refresh-further", 2]]) {
    const made = setUp("refresh-stored");
    const slow = await asking(made, made.session);
    made.store.record = recordOf(refresh);
    const mine = jwt();
    slow.answer(json(200, { access: mine, refresh: "refresh-same" }));
    assert.equal(await slow.token === mine, requests === 1);
    assert.equal(made.service.count(REFRESH), requests);
    if (requests === 1) assert.deepEqual(made.store.record, recordOf(refresh));
    else assert.equal(sent(made.service)[1].refresh, refresh);
  }
});

test("a log-out by another worker is found by the next refresh, even by one under way", async () => {
  const made = await loggedIn();
  await made.clock.pass(60 * MINUTE);
  const slow = await asking(made, made.session);
  made.store.record = null;
  slow.answer(made.service.tokens());
  await assert.rejects(slow.token, LoggedOut);
  assert.equal(made.ended, 1);
  const other = await loggedIn();
  await other.clock.pass(60 * MINUTE);
  other.store.record = null;
  await assert.rejects(other.session.accessToken(), LoggedOut);
  await assert.rejects(other.session.accessToken(), LoggedOut);
  assert.equal(other.ended, 1);
  assert.equal(other.service.count(REFRESH), 0);
});

for (const then of ["logIn", "logOut"]) {
  test(`a ${then} wins against a refresh of another worker`, async () => {
    const made = await loggedIn();
    const { replace } = made.store;
    made.store.replace = async (...change) => {
      made.store.replace = replace;
      await made.another().accessToken();
      return made.store.replace(...change);
    };
    await made.session[then]("ben", "correct-horse-7");
    assert.equal(made.service.count(REFRESH), 1);
    if (then === "logIn") assert.equal(made.store.record.refresh, "refresh-2");
    else assert.deepEqual([made.store.record, logOuts(made.service)], [null, [{ refresh: "refresh-2" }]]);
  });
}

/** A service that judges by ids and by no clock. */
function judging(made, random) {
  const server = { counter: 0, anchor: null, current: made.first.refresh, answers: new Map() };
  let working = 0;
  made.service.on[REFRESH] = ({ fields }) => {
    working += 1;
    if (working % 4 && random() < 0.3) return offline(); // the question got lost, at most three times in a row
    const asked = JSON.stringify(fields);
    if (!server.answers.has(asked)) {
      const proved = fields.refresh === server.current && hash(fields.rotation_id) === server.anchor;
      if (!proved) return refused("reauthenticate");
      Object.assign(server, { current: `refresh-${working}-rotated`, anchor: fields.rotation_next });
      server.answers.set(asked, { access: jwt(300), refresh: server.current });
    }
    if (working % 4 && random() < 0.3) return offline(); // the answer got lost
    const answer = server.answers.get(asked);
    return answer.refresh === server.current ? json(200, answer) : superseded();
  };
  server.anchor = hash(made.first.record.rotation_id);
  return server;
}

test("a network that loses questions and answers at random, for hours, logs nobody out", async () => {
  let seed = 7;
  const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
  for (let phone = 0; phone < 50; phone++) {
    const made = await loggedIn(300);
    const server = judging(made, random);
    const workers = [made.session, ...Array.from({ length: phone % 3 }, () => made.another())];
    for (let use = 0; use < 40; use++) {
      await made.clock.pass(random() * 80 * MINUTE);
      if (random() < 0.1) workers[0] = made.another(); // the app was started anew
      await Promise.all(workers.map((worker) =>
        worker.accessToken().catch((error) => assert.ok(error instanceof TryLater, String(error)))));
    }
    assert.equal(made.ended, 0);
    assert.ok(server.answers.size > 20);
  }
});
