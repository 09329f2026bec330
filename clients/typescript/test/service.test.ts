// Against a running service, with an unreliable network between. CLIENTS_API says where it is, CLIENTS_FIXED_API where
// one without rotation is (FAREGATE_ROTATE_REFRESH_TOKENS=false).
import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { LoggedOut, TryLater, createClient, type Client, type Options, type Rec } from "../src/faregate.js";
import { memoryStore } from "../src/stores.js";
import { LOG_IN, REFRESH, hash } from "./fakes.js";
import { FATES, Proxy, type Network } from "./proxy.js";

const API = process.env["CLIENTS_API"] ?? "http://localhost:8000";
const FIXED_API = process.env["CLIENTS_FIXED_API"];
const PASSWORD = "correct-horse-7";
const HOUR = 3_600_000;

const proxies: Proxy[] = [];
after(() => proxies.forEach((proxy) => proxy.close()));

async function post(path: string, fields: object, api = API): Promise<Response> {
  const headers = { "Content-Type": "application/json" };
  return fetch(api + path, { method: "POST", headers, body: JSON.stringify(fields) });
}

let users = 0;
async function signUp(api = API): Promise<string> {
  const username = `typescript${process.pid}-${++users}`;
  const answer = await post("/api/sign_up/", { username, password1: PASSWORD, password2: PASSWORD }, api);
  assert.equal(answer.status, 201);
  return username;
}

/** A user who is logged in on a good network and goes on over `network`; `another` is another worker on the store. */
async function loggedIn(network?: Network, api = API) {
  const proxy = await Proxy.before(api, network);
  proxies.push(proxy);
  const store = memoryStore();
  const clock = { time: 0 };
  const another = (more: Partial<Options> = {}) =>
    createClient({ url: proxy.url, store, now: () => clock.time, ...more });
  const username = await signUp(api);
  await another({ url: api }).logIn(username, PASSWORD, "test");
  return { proxy, store, clock, another, username, first: (await store.read())! };
}

/** Asks until it gets another token. Fails when the session is over. */
async function insist(client: Client, refused?: string): Promise<string> {
  for (let attempt = 0; attempt < 1000; attempt++) {
    try {
      return await client.accessToken(refused);
    } catch (error) {
      assert.ok(error instanceof TryLater, String(error));
    }
  }
  throw new Error("a thousand messages were lost in a row");
}

const works = async (client: Client) => assert.equal((await client.fetch("/api/me/")).status, 200);
const isOver = async ({ refresh, ...ids }: Rec) => {
  const fields = { refresh, rotation_id: ids.rotation_id, rotation_next: hash(ids.next_id!) };
  assert.equal((await post(REFRESH, fields)).status, 401);
};

const MISHAPS = { doubled: 0.1, delayed: 0.1, "repeated late": 0.1 };
const LOSES = {
  "three messages in ten": { "question lost": 0.1, "answer lost": 0.1, "answer cut": 0.1, ...MISHAPS },
  "every second message": { "question lost": 0.1, "answer lost": 0.3, "answer cut": 0.1, ...MISHAPS },
} satisfies Record<string, Network["odds"]>;

/** Every fault that was prepared has come to pass, and copies have come too late. */
function faultsCame({ counts, lateStatuses }: Proxy): void {
  for (const fate of FATES) assert.ok(counts[fate]! > 5, JSON.stringify(counts));
  assert.ok(lateStatuses[409]! > 5, JSON.stringify(lateStatuses));
}

describe("against the service", () => {
  it("fifty requests at once with an old token: one refresh", async () => {
    const { proxy, clock, another } = await loggedIn();
    const client = another();
    for (let storm = 1; storm <= 5; storm++) {
      clock.time += HOUR;
      const answers = await Promise.all(Array.from({ length: 50 }, () => client.fetch("/api/me/")));
      assert.ok(answers.every(({ status }) => status === 200));
      assert.equal(proxy.count(REFRESH), storm);
    }
  });

  it("fifty requests at once that are refused: one refresh", async () => {
    const { proxy, another } = await loggedIn();
    let spoilt = "";
    const client = another({
      fetch: (url, init) => {
        const headers = new Headers(init?.headers);
        if (headers.get("Authorization") === `Bearer ${spoilt}`) headers.set("Authorization", "Bearer nonsense");
        return fetch(url, { ...init, headers });
      },
    });
    for (let storm = 1; storm <= 5; storm++) {
      spoilt = await client.accessToken();
      const answers = await Promise.all(Array.from({ length: 50 }, () => client.fetch("/api/me/")));
      assert.ok(answers.every(({ status }) => status === 200));
      assert.equal(proxy.count(REFRESH), 1 + storm);
      assert.equal(proxy.count("/api/me/"), 100 * storm);
    }
  });

  for (const [seed, [name, odds]] of Object.entries(LOSES).entries()) {
    it(`a network that loses ${name} logs nobody out in 300 refreshes`, async () => {
      const { proxy, another, first, store } = await loggedIn({ seed, odds });
      let client = another();
      const tokens = new Set<string>();
      for (let refresh = 0; refresh < 300; refresh++) {
        if (refresh % 25 === 24) client = another(); // the app was started anew
        tokens.add(await insist(client, [...tokens].at(-1)));
      }
      assert.equal(tokens.size, 300);
      assert.notEqual((await store.read())!.refresh, first.refresh);
      faultsCame(proxy);
      await works(another({ url: API }));
    });
  }

  it("the same with five workers on one store", async () => {
    const { proxy, another, store } = await loggedIn({ seed: 3, odds: LOSES["every second message"] });
    const workers = Array.from({ length: 5 }, () => another());
    await Promise.all(workers.map(async (worker, at) => {
      let token = await insist(worker);
      for (let refresh = 0; refresh < 60; refresh++) {
        if (refresh % 20 === 4 * at) worker = another();
        token = await insist(worker, token);
      }
    }));
    faultsCame(proxy);
    const last = await store.read();
    await works(another({ url: API }));
    assert.equal((await store.read())!.rotation_id, last!.next_id);
  });

  it("the same from a token without ids, with two workers and a process that dies with the answer", async () => {
    const { proxy, another, username } = await loggedIn({ seed: 4, odds: LOSES["every second message"] });
    for (let device = 0; device < 20; device++) {
      const { refresh } = (await (await post(LOG_IN, { username, password: PASSWORD })).json()) as Rec;
      const store = memoryStore({ refresh });
      let deaths = 0;
      const mortal = {
        ...store,
        replace: async (...[expected, next]: Parameters<typeof store.replace>) => {
          if (next!.rotation_id && deaths++ < 2) throw new Error("died before it was stored");
          return store.replace(expected, next);
        },
      };
      const workers = [another({ store: mortal }), another({ store: mortal })];
      for (let round = 0; round < 3; round++) {
        await Promise.all(workers.map(async (worker) => insist(worker, await insist(worker))));
      }
      assert.ok(deaths > 2);
      assert.ok((await store.read())!.rotation_id);
    }
    faultsCame(proxy);
  });

  it("an answer that was lost is given again to the same request only", async () => {
    const { another, first, store } = await loggedIn({ seed: 5, odds: { "answer lost": 1 } });
    await assert.rejects(another().accessToken(), TryLater);
    const other = another({ url: API, store: memoryStore({ ...first, next_id: "another".repeat(4) }) });
    await assert.rejects(other.accessToken(), LoggedOut);
    await assert.rejects(another({ url: API }).accessToken(), LoggedOut);
    assert.equal(await store.read(), null);
  });

  for (const rotations of [1, 2, 3]) {
    it(`a copy of the record that was used ${rotations} times: the session ends`, async () => {
      const { another, first, store } = await loggedIn();
      const [client, thief] = [another(), another({ store: memoryStore({ ...first }) })];
      let stolen = await thief.accessToken();
      for (let time = 1; time < rotations; time++) stolen = await thief.accessToken(stolen);
      if (rotations === 1) {
        const token = await client.accessToken(); // so far both have asked the same
        stolen = await thief.accessToken(stolen);
        await assert.rejects(client.accessToken(token), LoggedOut);
      } else {
        await assert.rejects(client.accessToken(), LoggedOut);
      }
      assert.equal(await store.read(), null);
      await assert.rejects(thief.accessToken(stolen), LoggedOut);
      await isOver(first);
    });
  }

  it("a copy of the record that goes on with an id of its own: the client's next refresh ends all", async () => {
    const { another, first } = await loggedIn();
    await another({ store: memoryStore({ ...first, next_id: "of-the-thief".repeat(2) }) }).accessToken();
    await assert.rejects(another().accessToken(), LoggedOut);
    await isOver(first);
  });

  it("a stolen refresh token alone gets 401 and ends the session", async () => {
    const { another, first } = await loggedIn();
    for (const more of [{}, { rotation_next: hash("x".repeat(22)) }]) {
      assert.equal((await post(REFRESH, { refresh: first.refresh, ...more })).status, 401);
    }
    await assert.rejects(another().accessToken(), LoggedOut);
    await isOver(first);
  });

  it("a session that was ended elsewhere is over for the client", async () => {
    const { another, first, store } = await loggedIn();
    const client = another();
    await works(client);
    const { refresh } = (await store.read())!;
    assert.equal((await post("/api/log_out/", { refresh })).status, 200);
    await assert.rejects(client.fetch("/api/me/"), LoggedOut);
    assert.equal(await store.read(), null);
    await isOver(first);
  });

  it("a log-out is one there, too", async () => {
    const { another, store } = await loggedIn();
    const client = another();
    await works(client);
    const record = (await store.read())!;
    assert.equal(await client.logOut(), true);
    await isOver(record);
    await assert.rejects(client.accessToken(), LoggedOut);
  });

  it("without rotation a lossy network is no trouble either", { skip: !FIXED_API }, async () => {
    const odds = { "answer lost": 0.3, "question lost": 0.2 };
    const { another, first, store } = await loggedIn({ seed: 6, odds }, FIXED_API);
    const client = another();
    let token = await insist(client);
    for (let refresh = 0; refresh < 30; refresh++) token = await insist(client, token);
    assert.deepEqual(await store.read(), first);
    assert.equal(await another({ url: FIXED_API! }).logOut(), true);
  });
});
