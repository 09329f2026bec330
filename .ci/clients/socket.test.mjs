import assert from "node:assert/strict";
import { test } from "node:test";
import { LoggedOut, TryLater } from "../../docs/guides/clients/session.js";
import { openSocket } from "../../docs/guides/clients/socket.js";
import { FakeClock, json, settle } from "./fakes.mjs";

const MINUTE = 60_000;
const URL = "wss://sockets.example.com/";

/** A session whose tokens are token-1, token-2, ... */
class FakeSession {
  tokens = 0;
  requests = [];
  accessToken = async () => `token-${++this.tokens}`;
  authorizedFetch = async (path, init) => {
    this.requests.push([init?.method ?? "GET", path]);
    return json(201, { ticket: `ticket/${this.requests.length}`, expires_in: 30 });
  };
}

function setUp(options = {}) {
  const made = { clock: new FakeClock(), session: new FakeSession(), random: 1, sockets: [] };
  Object.assign(made, { statuses: [], messages: [] });
  class FakeWebSocket {
    readyState = 0;
    sent = [];
    constructor(...handshake) {
      this.handshake = handshake;
      made.sockets.push(this);
    }
    open() {
      this.readyState = 1;
      this.onopen({});
    }
    send(text) {
      this.sent.push(text);
    }
    answer(data) {
      this.onmessage({ data });
    }
    close(code) {
      this.readyState = 2;
      this.closedWith = code;
    }
    end() {
      this.readyState = 3;
      this.onerror({});
      this.onclose({ code: 1006 });
    }
  }
  made.socket = openSocket({
    url: URL,
    session: made.session,
    by: "protocol",
    onMessage: (data) => made.messages.push(data),
    onStatus: (status) => made.statuses.push(status),
    WebSocket: FakeWebSocket,
    clock: made.clock,
    random: () => made.random,
    ...options,
  });
  Object.defineProperty(made, "latest", { get: () => made.sockets.at(-1) });
  return made;
}

async function connected(options) {
  const made = setUp(options);
  await settle();
  made.latest.open();
  return made;
}

const handshakes = {
  "protocol": [{ by: "protocol" }, [URL, ["bearer", "token-1"]]],
  "protocol, after our own": [{ by: "protocol", protocols: ["taxi.v1"] }, [URL, ["taxi.v1", "bearer", "token-1"]]],
  "header": [{ by: "header" }, [URL, undefined, { headers: { Authorization: "Bearer token-1" } }]],
  "header, with our own": [
    { by: "header", protocols: ["taxi.v1"] },
    [URL, ["taxi.v1"], { headers: { Authorization: "Bearer token-1" } }],
  ],
  "ticket": [{ by: "ticket" }, [`${URL}?ticket=ticket%2F1`, undefined]],
  "ticket, with our own": [{ by: "ticket", protocols: ["taxi.v1"] }, [`${URL}?ticket=ticket%2F1`, ["taxi.v1"]]],
};
for (const [name, [options, expected]] of Object.entries(handshakes)) {
  test(`the handshake by ${name}`, async () => {
    const { sockets, session } = await connected(options);
    assert.deepEqual(sockets.map(({ handshake }) => handshake), [expected]);
    assert.deepEqual(session.requests, options.by === "ticket" ? [["POST", "/api/ws_ticket/"]] : []);
  });
}

test("there are three ways", () => {
  assert.throws(() => setUp({ by: "query" }), /protocol,header,ticket/);
});

test("messages go both ways while the socket is open", async () => {
  const made = setUp();
  assert.equal(made.socket.send("early"), false);
  await settle();
  assert.equal(made.socket.send("early"), false);
  made.latest.open();
  assert.equal(made.socket.send("hello"), true);
  made.latest.answer("who");
  made.latest.readyState = 2;
  assert.equal(made.socket.send("late"), false);
  assert.deepEqual(made.latest.sent, ["hello"]);
  assert.deepEqual(made.messages, ["who"]);
  assert.deepEqual(made.statuses, ["connecting", "open"]);
});

test("a lost connection is replaced within a second, with another token", async () => {
  const made = await connected();
  made.latest.end();
  assert.equal(made.statuses.at(-1), "waiting");
  await made.clock.pass(999);
  assert.equal(made.sockets.length, 1);
  await made.clock.pass(1);
  assert.deepEqual(made.latest.handshake[1], ["bearer", "token-2"]);
  assert.deepEqual(made.session.requests, []);
});

for (const [random, expected] of [[1, [1, 2, 4, 8, 16, 30, 30, 30]], [0, [0.5, 1, 2, 4, 8, 15, 15, 15]]]) {
  test(`refused handshakes: the waits double up to half a minute, jitter ${random}`, async () => {
    const made = setUp();
    made.random = random;
    const waits = [];
    await settle();
    for (let failure = 0; failure < 8; failure++) {
      const refusedAt = made.clock.time;
      const count = made.sockets.length;
      made.latest.end();
      while (made.sockets.length === count) await made.clock.pass(500);
      waits.push((made.clock.time - refusedAt) / 1000);
    }
    assert.deepEqual(waits, expected);
  });
}

test("a connection that lasts makes up for earlier failures, a short one does not", async () => {
  const made = await connected();
  for (const seconds of [1, 2, 4]) {
    made.latest.end();
    await made.clock.pass(seconds * 1000 - 1);
    const count = made.sockets.length;
    await made.clock.pass(1);
    assert.equal(made.sockets.length, count + 1);
    made.latest.open();
  }
  await made.clock.pass(30_000);
  made.latest.end();
  const count = made.sockets.length;
  await made.clock.pass(1000);
  assert.equal(made.sockets.length, count + 1);
});

test("waits without a token lengthen too, also after a connection that lasted", async () => {
  const made = await connected();
  await made.clock.pass(MINUTE);
  let asked = 0;
  made.session.accessToken = async () => {
    asked += 1;
    throw new TryLater("offline");
  };
  made.latest.end();
  await made.clock.pass(5 * MINUTE);
  assert.equal(asked, 13); // 1, 2, 4, 8 and 16 seconds apart, then 30
});

test("Retry-After is longer than the wait of a first failure", async () => {
  let asked = 0;
  const session = new FakeSession();
  session.accessToken = async () => {
    asked += 1;
    throw new TryLater("status 503", 45_000);
  };
  const made = setUp({ session });
  await made.clock.pass(44_999);
  assert.equal(asked, 1);
  await made.clock.pass(1);
  assert.equal(asked, 2);
});

test("a ticket that the service cannot give is for later", async () => {
  const session = new FakeSession();
  session.authorizedFetch = async () => json(503, {});
  const made = setUp({ by: "ticket", session });
  await settle();
  assert.deepEqual(made.statuses, ["connecting", "waiting"]);
  session.authorizedFetch = async () => json(201, { ticket: "t" });
  await made.clock.pass(1000);
  assert.equal(made.latest.handshake[0], `${URL}?ticket=t`);
});

test("a network that fails is for later", async () => {
  const session = new FakeSession();
  session.authorizedFetch = async () => {
    throw new TypeError("fetch failed");
  };
  const made = setUp({ by: "ticket", session });
  await settle();
  assert.deepEqual(made.statuses, ["connecting", "waiting"]);
});

test("after a refused handshake the API is asked why", async () => {
  const made = setUp();
  await settle();
  made.latest.end();
  await made.clock.pass(1000);
  assert.deepEqual(made.session.requests, [["GET", "/api/me/"]]);
  made.latest.open();
  made.latest.end();
  await made.clock.pass(2000);
  assert.equal(made.sockets.length, 3);
  assert.equal(made.session.requests.length, 1);
});

test("the end of the session is the end of the attempts", async () => {
  const made = setUp();
  await settle();
  made.session.authorizedFetch = async () => {
    throw new LoggedOut("the session is over");
  };
  made.latest.end();
  await made.clock.pass(60 * MINUTE);
  assert.equal(made.sockets.length, 1);
  assert.deepEqual(made.statuses, ["connecting", "waiting", "connecting", "closed"]);
  assert.equal(made.clock.timers.size, 0);
});

test("nobody logged in: no attempt", async () => {
  const made = setUp({ session: { accessToken: async () => Promise.reject(new LoggedOut()) } });
  await settle();
  assert.equal(made.sockets.length, 0);
  assert.deepEqual(made.statuses, ["connecting", "closed"]);
});

test("a heart-beat keeps an idle connection, well under ten minutes", async () => {
  const made = await connected();
  for (let beat = 1; beat <= 30; beat++) {
    await made.clock.pass(4 * MINUTE);
    assert.equal(made.latest.sent.length, beat);
    made.latest.answer("who");
  }
  assert.equal(made.sockets.length, 1);
});

test("a heart-beat waits while messages come", async () => {
  const made = await connected();
  for (let minute = 0; minute < 20; minute++) {
    await made.clock.pass(MINUTE);
    made.latest.answer("news");
  }
  assert.deepEqual(made.latest.sent, []);
});

test("a heart-beat without an answer replaces the connection, and what the old one still says is ignored", async () => {
  const made = await connected();
  const old = made.latest;
  await made.clock.pass(4 * MINUTE + 10_000);
  assert.equal(old.readyState, 2);
  assert.equal(made.statuses.at(-1), "waiting");
  await made.clock.pass(1000);
  assert.equal(made.sockets.length, 2);
  made.latest.open();
  old.answer("ghost");
  old.end();
  await made.clock.pass(MINUTE);
  assert.equal(made.sockets.length, 2);
  assert.deepEqual(made.messages, []);
});

test("a handshake or a request that hangs is given up", async () => {
  const made = setUp();
  await made.clock.pass(15_000);
  assert.equal(made.statuses.at(-1), "waiting");
  assert.equal(made.latest.readyState, 2);
  let free;
  made.session.authorizedFetch = () => new Promise((resolve) => (free = resolve));
  await made.clock.pass(1000 + 15_000);
  assert.equal(made.statuses.at(-1), "waiting");
  free(json(200, {}));
  await settle();
  assert.equal(made.sockets.length, 1);
  let asked = 0;
  made.session.authorizedFetch = async () => {
    asked += 1;
    return json(200, {});
  };
  await made.clock.pass(2000);
  assert.equal(made.sockets.length, 2);
  assert.equal(asked, 1);
});

test("waking up tries at once, or finds out whether the connection lives", async () => {
  const made = setUp();
  made.socket.wake();
  await settle();
  made.socket.wake();
  assert.equal(made.sockets.length, 1);
  made.latest.open();
  made.latest.end();
  made.socket.wake();
  await settle();
  assert.equal(made.sockets.length, 2);
  await made.clock.pass(5000);
  assert.equal(made.sockets.length, 2);
  made.latest.open();
  made.socket.wake();
  assert.equal(made.latest.sent.length, 1);
  await made.clock.pass(10_000);
  assert.equal(made.statuses.at(-1), "waiting");
});

for (const [name, ready] of [
  ["asking for a token", () => {}],
  ["shaking hands", () => settle()],
  ["open", async (made) => (await settle(), made.latest.open())],
  ["waiting", async (made) => (await settle(), made.latest.end())],
]) {
  test(`closing while ${name} is for good`, async () => {
    const made = setUp();
    await ready(made);
    made.socket.close();
    made.latest?.end();
    made.socket.wake();
    await made.clock.pass(60 * MINUTE);
    assert.ok(made.sockets.length <= 1);
    assert.equal(made.statuses.at(-1), "closed");
    assert.equal(made.socket.send("late"), false);
    assert.equal(made.clock.timers.size, 0);
  });
}

test("closing says goodbye, and what was under way comes to nothing", async () => {
  const made = await connected();
  made.socket.close();
  assert.equal(made.latest.closedWith, 1000);
  for (const error of [new TryLater("offline"), new LoggedOut()]) {
    let fail;
    const statuses = [];
    const accessToken = () => new Promise((_, reject) => (fail = reject));
    const other = setUp({ session: { accessToken }, onStatus: (status) => statuses.push(status) });
    await settle();
    other.socket.close();
    fail(error);
    await settle();
    assert.deepEqual(statuses, ["connecting", "closed"]);
    assert.equal(other.clock.timers.size, 0);
  }
});

for (const at of ["connecting", "open", "waiting"]) {
  test(`a status handler may close at ${at}`, async () => {
    const statuses = [];
    const made = setUp({
      onStatus(status) {
        statuses.push(status);
        if (status === at && statuses.length > 1) made.socket.close();
      },
    });
    await settle();
    made.latest.open();
    made.latest.end();
    await made.clock.pass(MINUTE);
    assert.deepEqual([statuses.at(-2), statuses.at(-1)], [at, "closed"]);
    assert.equal(made.sockets.length, 1);
    assert.equal(made.clock.timers.size, 0);
  });
}
