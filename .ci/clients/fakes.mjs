// Time that passes when a test says so, and a service that answers what a test says.
import { createHash } from "node:crypto";
import { createSession, sameRecord } from "../../docs/guides/clients/session.js";

/** Lets everything that needs no time happen. */
export async function settle() {
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
}

export class FakeClock {
  time = Date.UTC(2026, 0, 1);
  timers = new Map();
  last = 0;
  now = () => this.time;
  setTimeout = (action, ms) => {
    this.timers.set(++this.last, { action, at: this.time + ms });
    return this.last;
  };
  clearTimeout = (timer) => this.timers.delete(timer);

  async pass(ms) {
    const end = this.time + ms;
    await settle();
    for (;;) {
      const due = [...this.timers].filter(([, timer]) => timer.at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
      if (!due) break;
      this.timers.delete(due[0]);
      this.time = Math.max(this.time, due[1].at);
      due[1].action();
      await settle();
    }
    this.time = end;
    await settle();
  }
}

let serial = 0;
/** A token that was issued at a time which no clock of a test shows. */
export function jwt(lifetimeSeconds = 3600) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const iat = 4_000_000_000;
  return `${part({ alg: "RS256" })}.${part({ iat, exp: iat + lifetimeSeconds, jti: `ü?>~${++serial}` })}.signature`;
}

export const json = (status, body, headers) => new Response(JSON.stringify(body), { status, headers });
export const NOT_VALID = { detail: "Token is invalid or expired", code: "token_not_valid" };
/** The service's 401: with an action, as it gives it, or without, as a gateway may let it through. */
export const refused = (action) => json(401, NOT_VALID, action && { "Faregate-Action": action });
export const superseded = () =>
  json(409, { detail: "superseded", code: "superseded", action: "reload" }, { "Faregate-Action": "reload" });

export const hash = (id) => createHash("sha256").update(id).digest("base64url");
/** A record with this token. */
export const recordOf = (refresh) => {
  const [rotation_id, next_id] = ["id", "next"].map((kind) => `${kind}-${refresh}`.padEnd(22, "-"));
  return { refresh, rotation_id, next_id };
};
/** What a refresh with this record sends. */
export const sentWith = ({ refresh, rotation_id, next_id }) => ({ refresh, rotation_id, rotation_next: hash(next_id) });

/** Answers with `on[path](request)`, and remembers every request. */
export class FakeService {
  requests = [];
  refreshes = 0;
  on = {
    "/api/log_in/": () => this.tokens(),
    "/api/token/refresh/": () => this.tokens(),
    "/api/log_out/": () => json(200, {}),
    "/api/me/": () => json(200, { username: "ann" }),
  };
  lifetimeSeconds = 3600;

  tokens() {
    const body = { access: jwt(this.lifetimeSeconds), refresh: `refresh-${++this.refreshes}` };
    this.latest = body;
    return json(200, body);
  }

  fetch = async (url, init = {}) => {
    const path = url.replace("https://api.example.com", "");
    const request = { path, ...init, fields: init.body && JSON.parse(init.body), headers: new Headers(init.headers) };
    this.requests.push(request);
    return this.on[path](request);
  };

  count(path) {
    return this.requests.filter((request) => request.path === path).length;
  }
}

export function fakeStore(record = null) {
  return {
    record,
    async get() {
      return this.record;
    },
    async replace(expected, next) {
      if (!sameRecord(this.record, expected)) return false;
      this.record = next;
      return true;
    },
  };
}

export const MINUTE = 60_000;
export const REFRESH = "/api/token/refresh/";

/** Somebody with the refresh token `token`, or nobody. */
export function setUp(token = null) {
  const store = fakeStore(token && recordOf(token));
  const made = { clock: new FakeClock(), service: new FakeService(), store, ended: 0 };
  made.another = (options) => createSession({
    url: "https://api.example.com",
    store: made.store,
    fetch: made.service.fetch,
    clock: made.clock,
    onLoggedOut: () => made.ended++,
    sha256: async (data) => createHash("sha256").update(data).digest(), // at once: no time passes on another thread
    ...options,
  });
  made.session = made.another();
  return made;
}

export async function loggedIn(lifetimeSeconds = 3600) {
  const made = setUp();
  made.service.lifetimeSeconds = lifetimeSeconds;
  await made.session.logIn("ann", "correct-horse-7");
  made.first = { ...made.service.latest, record: made.store.record };
  return made;
}

export const offline = async () => {
  throw new TypeError("fetch failed");
};
