// The clients of the guide against the running service, `ws` in place of React Native's WebSocket.
import assert from "node:assert/strict";
import net from "node:net";
import { register } from "node:module";
import { after, describe, it } from "node:test";
import { LoggedOut, Refused, TryLater, createSession } from "../../docs/guides/clients/session.js";
import { openSocket } from "../../docs/guides/clients/socket.js";
import { fakeStore } from "./fakes.mjs";
import { API, SHORT_LIVED_API, faregate, installed, post, signUp, socketUrl, watch } from "./service.mjs";

const WebSocket = installed("ws");

async function loggedIn({ api = API, url = api, ...user } = {}) {
  const events = watch();
  const store = fakeStore();
  const session = createSession({ url, store, onLoggedOut: events.on.onLoggedOut });
  const [username, password] = user.credentials ?? (await signUp(api));
  await session.logIn(username, password);
  return { events, store, session, username, credentials: [username, password] };
}

/** What a test that fails leaves open would otherwise go on for ever. */
const leftOver = new Set();
after(() => leftOver.forEach((thing) => thing.close()));

function open(made, options) {
  const opened = [];
  class Remembered extends WebSocket {
    constructor(...handshake) {
      super(...handshake);
      opened.push(this);
    }
  }
  const { onMessage, onStatus } = made.events.on;
  const fixed = { url: socketUrl(API), session: made.session, onMessage, onStatus, WebSocket: Remembered };
  const socket = openSocket({ ...fixed, ...options });
  leftOver.add(socket);
  return { socket, opened };
}

async function who({ events }, socket) {
  assert.ok(socket.send("who?"));
  return JSON.parse((await events.next("message")).value);
}

/** A network that can be cut off. */
async function network(api) {
  const target = Number(new URL(api).port);
  const connections = new Set();
  let works = true;
  const server = net.createServer((near) => {
    if (!works) return near.destroy();
    const far = net.connect(target, "127.0.0.1");
    for (const [end, other] of [[near, far], [far, near]]) {
      connections.add(end);
      end.on("error", () => {}).on("close", () => other.destroy()).pipe(other);
    }
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const wire = {
    url: `http://localhost:${server.address().port}`,
    set works(value) {
      works = value;
      if (!works) connections.forEach((end) => end.destroy());
    },
    close() {
      this.works = false;
      server.close();
    },
  };
  leftOver.add(wire);
  return wire;
}

// What react-native.js imports, as far as it uses it.
globalThis.phone = { items: new Map(), listeners: new Set() };
const module = (text) => `data:text/javascript,${encodeURIComponent(text)}`;
const STUBS = {
  "expo-crypto": module(`
    export const CryptoDigestAlgorithm = { SHA256: "SHA-256" };
    export const digest = (algorithm, data) => crypto.subtle.digest(algorithm, data);
    export const getRandomBytes = (count) => crypto.getRandomValues(new Uint8Array(count));`),
  "expo-secure-store": module(`
    export const AFTER_FIRST_UNLOCK_THIS_DEVICE_ONLY = 3;
    export const getItemAsync = async (name) => phone.items.get(name) ?? null;
    export const setItemAsync = async (name, value) => void phone.items.set(name, value);
    export const deleteItemAsync = async (name) => void phone.items.delete(name);`),
  "react-native": module(`
    export const AppState = {
      addEventListener(event, listener) {
        phone.listeners.add(listener);
        return { remove: () => phone.listeners.delete(listener) };
      },
    };`),
};
register(module(`
  const stubs = ${JSON.stringify(STUBS)};
  export const resolve = (name, context, next) =>
    stubs[name] ? { url: stubs[name], shortCircuit: true } : next(name, context);`));

/** What is in the keychain after another refresh. */
async function stored(session) {
  await session.accessToken({ except: await session.accessToken() });
  return JSON.parse(phone.items.get("faregate.refresh"));
}

describe("against the service", { concurrency: true }, () => {
  it("replaces the connection when its token expires, with a fresh token", async () => {
    const made = await loggedIn({ api: SHORT_LIVED_API });
    const { socket, opened } = open(made, { by: "header", url: socketUrl(SHORT_LIVED_API) });
    await made.events.next("status", "open");
    const first = await who(made, socket);
    await made.events.next("status", "waiting", 70);
    await made.events.next("status", "open");
    const second = await who(made, socket);
    assert.equal(second.username, made.username);
    assert.equal(second.sid, first.sid);
    assert.ok(second.expires_at > first.expires_at);
    assert.equal(opened.length, 2);
    socket.close();
  });

  for (const [by, protocols, echoed] of [
    ["header", [], ""],
    ["header", ["taxi.v1"], "taxi.v1"],
    ["protocol", [], "bearer"],
    ["protocol", ["taxi.v1"], "taxi.v1"],
    ["ticket", [], ""],
    ["ticket", ["taxi.v1"], "taxi.v1"],
  ]) {
    const name = `${by}${protocols.length ? ", with a protocol of its own" : ""}`;
    it(`connects by ${name}, and a log-out ends it within a second`, async () => {
      const made = await loggedIn();
      const { socket, opened } = open(made, { by, protocols });
      await made.events.next("status", "open");
      assert.equal((await who(made, socket)).username, made.username);
      assert.equal(opened[0].protocol, echoed);
      await made.session.logOut();
      const since = performance.now();
      await made.events.next("logged out");
      const { at } = await made.events.next("status", "waiting");
      assert.ok(at - since < 1000, `closed after ${Math.round(at - since)} ms`);
      await made.events.next("status", "closed");
      assert.equal(opened.length, 1);
    });
  }

  it("finds out by itself that the session was ended elsewhere", async () => {
    for (const by of ["protocol", "header", "ticket"]) {
      const made = await loggedIn();
      const { socket } = open(made, { by });
      await made.events.next("status", "open");
      await who(made, socket);
      await post("/api/log_out/", { refresh: made.store.record.refresh });
      await made.events.next("logged out");
      await made.events.next("status", "closed");
      assert.equal(made.store.record, null);
      await assert.rejects(made.session.accessToken(), LoggedOut);
    }
  });

  it("refreshes, and keeps the socket meanwhile", async () => {
    const made = await loggedIn();
    const { socket, opened } = open(made, { by: "protocol" });
    await made.events.next("status", "open");
    const before = made.store.record.refresh;
    const first = await made.session.accessToken();
    const others = await Promise.all([1, 2, 3].map(() => made.session.accessToken({ except: first })));
    assert.equal(new Set([first, ...others]).size, 2);
    assert.notEqual(made.store.record.refresh, before);
    await who(made, socket);
    assert.equal((await (await made.session.authorizedFetch("/api/me/")).json()).username, made.username);
    assert.equal(opened.length, 1);
    socket.close();
  });

  it("says why a log-in is refused", async () => {
    const { session, username } = await loggedIn();
    await assert.rejects(session.logIn(username, "wrong"), (error) => error instanceof Refused && error.status === 401);
    await assert.rejects(session.logIn(username, ""), (error) => error instanceof Refused && "password" in error.body);
  });

  it("a user who was deactivated is logged out by the next request", async () => {
    const made = await loggedIn();
    await faregate("users", "deactivate", made.username);
    await assert.rejects(made.session.authorizedFetch("/api/me/"), LoggedOut);
    await made.events.next("logged out");
  });

  it("a network that goes and comes back costs the connection, not the session", async () => {
    const wire = await network(API);
    const made = await loggedIn({ url: wire.url });
    const { socket } = open(made, { by: "ticket", url: socketUrl(wire.url) });
    for (let time = 0; time < 2; time++) {
      await made.events.next("status", "open");
      await who(made, socket);
      wire.works = false;
      await made.events.next("status", "waiting");
      await made.events.next("status", "waiting"); // an attempt without network
      await assert.rejects(made.session.accessToken({ except: await made.session.accessToken() }), TryLater);
      assert.ok(made.store.record);
      wire.works = true;
    }
    await made.events.next("status", "open");
    socket.close();
  });

  it("the example for React Native goes on after a restart of the app", async () => {
    globalThis.WebSocket = WebSocket;
    const { start } = await import("../../docs/guides/clients/react-native.js");
    const [username, password] = await signUp();
    const events = watch();
    const options = { api: API, socketUrl: socketUrl(API), ...events.on };

    const first = start(options);
    await first.session.logIn(username, password);
    const socket = first.connect();
    leftOver.add(socket);
    await events.next("status", "open");
    socket.close();
    await events.next("status", "closed");
    assert.equal(phone.listeners.size, 0);

    const second = start(options);
    const again = second.connect();
    leftOver.add(again);
    await events.next("status", "open");
    phone.listeners.forEach((wake) => wake("active"));
    assert.equal(JSON.parse((await events.next("message")).value).username, username);
    assert.deepEqual([...phone.items.keys()].sort(), ["faregate.device", "faregate.refresh"]);
    await second.session.logOut();
    await events.next("status", "closed");
    // What the service calls this device outlives the session.
    assert.deepEqual([...phone.items.keys()], ["faregate.device"]);
    again.close();
    assert.equal(phone.listeners.size, 0);

    // An earlier version of the app kept the token alone, and its log-in named no id.
    phone.items.set("faregate.refresh", (await post("/api/log_in/", { username, password })).refresh);
    const { session } = start(options);
    const [record, after] = [await stored(session), await stored(session)];
    assert.equal(after.rotation_id, record.next_id);
    assert.notEqual(after.refresh, record.refresh);
  });
});
