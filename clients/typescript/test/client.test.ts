// One client and its record.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { LoggedOut, Refused, TooManyAttempts, TryLater, createClient, type Rec, type Store } from "../src/faregate.js";
import { memoryStore } from "../src/stores.js";
import {
  ID, LOG_IN, LOG_OUT, MINUTE, REFRESH, hash, json, loggedIn, offline, refused, setUp,
} from "./fakes.js";

test("a log-in names the hash of its first id, and stores that id and a fresh one", async () => {
  const { service, client, store } = setUp();
  await client.logIn("ann", "correct-horse-7", "Ann's phone");
  const record = (await store.read())!;
  assert.deepEqual(service.bodies(LOG_IN), [{
    username: "ann", password: "correct-horse-7", device_name: "Ann's phone", rotation_next: hash(record.rotation_id!),
  }]);
  assert.match(record.rotation_id!, ID);
  assert.match(record.next_id!, ID);
  assert.notEqual(record.rotation_id, record.next_id);
  await client.accessToken();
  assert.equal(service.to(REFRESH).length, 0);
});

test("a refresh shows the id and the hash of the next; the next becomes the id", async () => {
  const { service, client, store, first } = await loggedIn();
  for (let before = first, round = 0; round < 3; round++) {
    const token = await client.accessToken();
    assert.notEqual(await client.accessToken(token), token);
    const sent = { refresh: before.refresh, rotation_id: before.rotation_id, rotation_next: hash(before.next_id!) };
    assert.deepEqual(service.bodies(REFRESH).at(-1), sent);
    const after: Rec = (await store.read())!;
    assert.equal(after.rotation_id, before.next_id);
    assert.match(after.next_id!, ID);
    assert.ok(![before.rotation_id, before.next_id].includes(after.next_id));
    assert.notEqual(after.refresh, before.refresh);
    before = after;
  }
});

test("ids come from 16 random bytes, and hashes may come from elsewhere: React Native", async () => {
  const counts: number[] = [];
  const { service, client, store } = setUp(null, {
    randomBytes: (count) => new Uint8Array(count).fill(counts.push(count)),
    sha256: async (data) => Uint8Array.from({ length: 32 }, (_, at) => data[at % 16]!).buffer,
  });
  await client.logIn("ann", "correct-horse-7");
  assert.deepEqual(counts, [16, 16]);
  assert.equal((await store.read())!.rotation_id, "AQEBAQEBAQEBAQEBAQEBAQ");
  const digest = Buffer.from("AQEBAQEBAQEBAQEB".repeat(2));
  assert.equal(service.bodies(LOG_IN)[0]!.rotation_next, digest.toString("base64url"));
});

test("many who ask share one refresh", async () => {
  const { service, client } = await loggedIn();
  service.time += 60 * MINUTE;
  const tokens = await Promise.all(Array.from({ length: 50 }, () => client.accessToken()));
  assert.equal(new Set(tokens).size, 1);
  assert.equal(service.to(REFRESH).length, 1);
});

test("a token is replaced a minute before its end, or in its last quarter", async () => {
  for (const [lifetimeSeconds, fresh] of [[3600, 59 * MINUTE], [20, 15_000]] as const) {
    const { service, client } = setUp();
    service.lifetimeSeconds = lifetimeSeconds;
    await client.logIn("ann", "correct-horse-7");
    service.time += fresh - 1;
    await client.accessToken();
    assert.equal(service.to(REFRESH).length, 0);
    service.time += 1;
    await client.accessToken();
    assert.equal(service.to(REFRESH).length, 1);
  }
});

test("a token's time counts from the request, and a clock that was set back makes it old", async () => {
  const { service, client } = await loggedIn();
  service.on[REFRESH] = (_, answer) => {
    service.time += 9000;
    return answer();
  };
  service.time += 60 * MINUTE;
  await client.accessToken();
  service.time += 59 * MINUTE - 9000;
  await client.accessToken();
  assert.equal(service.to(REFRESH).length, 2);
  service.time -= 10 * MINUTE;
  await client.accessToken();
  assert.equal(service.to(REFRESH).length, 3);
});

test("without rotation the record stays", async () => {
  const { service, client, store, first } = await loggedIn();
  service.rotate = false;
  for (let round = 1; round < 4; round++) {
    await client.accessToken(await client.accessToken());
    assert.equal(service.to(REFRESH).length, round);
    assert.deepEqual(await store.read(), first);
  }
  assert.equal(new Set(service.bodies(REFRESH).map((fields) => JSON.stringify(fields))).size, 1);
});

test("nobody logged in: no request", async () => {
  const { service, client } = setUp();
  await assert.rejects(client.accessToken(), LoggedOut);
  await assert.rejects(client.fetch("/api/me/"), LoggedOut);
  assert.equal(await client.logOut(), true);
  assert.equal(service.requests.length, 0);
});

test("a refused log-in says why, and stores nothing", async () => {
  const { service, client, store } = setUp();
  service.on[LOG_IN] = () => json(401, { detail: "No active account found" });
  await assert.rejects(client.logIn("ann", "wrong"), (error) => error instanceof Refused && error.status === 401);
  service.on[LOG_IN] = () => json(400, { password: ["This field may not be blank."] });
  const named = (error: unknown) => error instanceof Refused && "password" in (error.body as object);
  await assert.rejects(client.logIn("ann", ""), named);
  service.on[LOG_IN] = () => json(503, { detail: "later" }, { "Retry-After": "7" });
  await assert.rejects(client.logIn("ann", "x"), (error) => error instanceof TryLater && error.afterMs === 7000);
  service.on[LOG_IN] = offline;
  await assert.rejects(client.logIn("ann", "x"), TryLater);
  service.on[LOG_IN] = () => json(200, { welcome: "to our hotel" });
  await assert.rejects(client.logIn("ann", "x"), TryLater);
  assert.equal(await store.read(), null);
});

test("too many attempts: the app hears how long to wait, nothing is sent again, and a session goes on", async () => {
  const { service, client, store, first } = await loggedIn();
  service.on[LOG_IN] = () => json(429, { detail: "Request was throttled." }, { "Retry-After": "16" });
  const told = (error: unknown) => error instanceof TooManyAttempts && error.seconds === 16;
  await assert.rejects(client.logIn("ann", "wrong"), told);
  assert.equal(service.to(LOG_IN).length, 2);
  assert.deepEqual(await store.read(), first);
  await client.accessToken(await client.accessToken());
  assert.equal(service.to(REFRESH).length, 1);
  // The next one is the app's: it goes out whenever the app says.
  delete service.on[LOG_IN];
  await client.logIn("ann", "correct-horse-7");
  // The gateway's own says nothing of attempts.
  service.on[LOG_IN] = () => json(429, { message: "Too Many Requests" });
  await assert.rejects(client.logIn("ann", "x"), TryLater);
});

/** Logs in, and says which device the service was shown. */
async function shown({ service, client }: Pick<ReturnType<typeof setUp>, "service" | "client">, name = "ann") {
  await client.logIn(name, "correct-horse-7");
  return service.to(LOG_IN).at(-1)!.headers.get("Faregate-Device");
}

test("a device shows at a log-in what it was given at the last one, after a log-out and a restart too", async () => {
  const { service, client, another, store } = setUp();
  let given = 0;
  service.on[LOG_IN] = ({ fields }) => service.open(fields.rotation_next, { "Faregate-Device": `device.${++given}` });
  assert.equal(await shown({ service, client }), null);
  assert.equal(await shown({ service, client }), "device.1");
  await client.logOut();
  assert.equal(await store.read(), null);
  assert.equal(await shown({ service, client: another() }, "ben"), "device.2");
  // At the log-in alone.
  await client.accessToken();
  await client.fetch("/api/me/");
  await client.logOut();
  const others = service.requests.filter(({ path }) => path !== LOG_IN);
  assert.ok(others.length >= 3 && others.every(({ headers }) => !headers.has("Faregate-Device")));
});

test("a log-in that gives nothing new, or is refused, leaves what is known of the device", async () => {
  const { service, client, store } = setUp();
  await store.device!.write("device.1");
  service.on[LOG_IN] = () => json(401, { detail: "No active account found" }, { "Faregate-Device": "another" });
  await assert.rejects(client.logIn("ann", "wrong"), Refused);
  delete service.on[LOG_IN];
  assert.equal(await shown({ service, client }), "device.1");
  assert.equal(await shown({ service, client }), "device.1");
});

test("a store that keeps no device, or fails at it, keeps nobody from logging in", async () => {
  const failing = () => Promise.reject(new Error("the phone is locked"));
  for (const [device, known] of [
    [undefined, "device.1"],
    [{ read: failing, write: failing }, null],
    [{ read: async () => "two\nlines", write: async () => {} }, null],
  ] as const) {
    const { read, replace } = memoryStore();
    const store: Store = { read, replace, ...(device && { device }) };
    const { service, client } = setUp(null, { store });
    service.on[LOG_IN] = ({ fields }) => service.open(fields.rotation_next, { "Faregate-Device": "device.1" });
    await client.logIn("ann", "correct-horse-7");
    assert.equal(await shown({ service, client }), known);
  }
});

test("fetch adds the token to the caller's own request, and to the API's only", async () => {
  const { service, client } = await loggedIn();
  service.on["/api/things/"] = () => json(418, {});
  const response = await client.fetch("/api/things/", { method: "PUT", body: "[1]", headers: { "X-Mine": "1" } });
  assert.equal(response.status, 418);
  const { init, headers } = service.requests.at(-1)!;
  assert.deepEqual([init.method, init.body, headers.get("X-Mine")], ["PUT", "[1]", "1"]);
  assert.equal(headers.get("Authorization"), `Bearer ${await client.accessToken()}`);
  const before = service.requests.length;
  for (const path of ["@example.org/", ".example.org/", "https://example.org/", ""]) {
    await assert.rejects(client.fetch(path), TypeError);
  }
  assert.equal(service.requests.length, before);
});

test("requests that are refused together share one refresh and are sent again", async () => {
  const { service, client } = await loggedIn();
  const refusedToken = await client.accessToken();
  service.on["/api/me/"] = ({ headers }, answer) =>
    headers.get("Authorization") === `Bearer ${refusedToken}` ? refused() : answer();
  const answers = await Promise.all(Array.from({ length: 50 }, () => client.fetch("/api/me/")));
  assert.ok(answers.every(({ status }) => status === 200));
  assert.equal(service.to(REFRESH).length, 1);
  assert.equal(service.to("/api/me/").length, 100);
});

test("a request that is refused twice is the caller's", async () => {
  const { service, client } = await loggedIn();
  service.good = new Set();
  assert.equal((await client.fetch("/api/me/")).status, 401);
  assert.equal(service.to("/api/me/").length, 2);
});

test("a log-out ends the session here and there", async () => {
  const { service, client, store, first } = await loggedIn();
  assert.equal(await client.logOut(), true);
  assert.deepEqual(service.bodies(LOG_OUT), [{ refresh: first.refresh }]);
  assert.equal(await store.read(), null);
  await assert.rejects(client.accessToken(), LoggedOut);
});

test("a log-out without network ends the session here", async () => {
  const { service, client, store } = await loggedIn();
  service.on[LOG_OUT] = offline;
  assert.equal(await client.logOut(), false);
  assert.equal(await store.read(), null);
});

for (const then of ["logOut", "logIn"] as const) {
  test(`${then} waits for a refresh under way`, async () => {
    const atOnce = async (data: Uint8Array) => Uint8Array.from(createHash("sha256").update(data).digest()).buffer;
    const { service, client, store } = await loggedIn({ sha256: atOnce });
    const held = service.hold(REFRESH);
    const asking = client.accessToken(await client.accessToken());
    await held.arrived;
    const before = service.requests.length;
    const going = then === "logOut" ? client.logOut() : client.logIn("ben", "correct-horse-7");
    await new Promise(setImmediate);
    assert.equal(service.requests.length, before);
    held.release();
    const refreshed = await asking;
    await going;
    if (then === "logOut") {
      assert.equal(await store.read(), null);
      assert.ok(service.sessions[0]!.ended);
    } else {
      assert.match((await store.read())!.refresh, /^refresh\.1\./);
      assert.notEqual(await client.accessToken(), refreshed);
    }
  });
}

test("a store that fails logs nobody out", async () => {
  const store = memoryStore({ refresh: "refresh.0.0.", next_id: "x".repeat(22) });
  store.read = () => Promise.reject(new Error("the phone is locked"));
  const { service, client } = setUp(null, { store });
  await assert.rejects(client.accessToken(), (error) => error instanceof TryLater && /locked/.test(error.message));
  assert.equal(service.requests.length, 0);
});

test("without WebCrypto and nothing in its place nothing is sent", async () => {
  const { service, client } = setUp(null, { sha256: () => { throw new TypeError("no WebCrypto"); } });
  await assert.rejects(client.logIn("ann", "correct-horse-7"), /no WebCrypto/);
  assert.equal(service.requests.length, 0);
});

test("the defaults are the platform's", async () => {
  const client = createClient({ url: "http://127.0.0.1:1", store: memoryStore() });
  await assert.rejects(client.logIn("ann", "correct-horse-7"), TryLater);
});
