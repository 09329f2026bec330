/** The session is over, or there is none: show the log-in screen. */
export class LoggedOut extends Error {}

/** What the user typed is not right: `body` says why. */
export class Refused extends Error {
  constructor(status, body) {
    super(`refused with ${status}`);
    Object.assign(this, { status, body });
  }
}

/** No network, or the service is in trouble: nothing is lost, try again in `afterMs`. */
export class TryLater extends Error {
  constructor(reason, afterMs = 1000) {
    super(`try again later: ${reason}`);
    this.afterMs = afterMs;
  }

  /** Whatever is not an answer of the service: a time-out, a hotel's page in place of JSON, a store that is locked. */
  static because(error) {
    return error instanceof TryLater ? error : new TryLater(error.message);
  }
}

/** The real time. Tests bring their own. */
export const systemClock = {
  now: () => Date.now(),
  setTimeout: (action, ms) => setTimeout(action, ms),
  clearTimeout: (timer) => clearTimeout(timer),
};

const TIMEOUT_MS = 10_000;
/** How long before its end an access token is replaced; of short-lived ones a quarter of their life. */
const MARGIN_MS = 60_000;
/** After 1, 2, 4, 8 and 16 seconds; then it is for the next who asks. A lost answer is given again at any time. */
const RETRIES = 5;
/** More than others can be faster in a row: then something is wrong with the store or the service. */
const ROUNDS = 20;

/**
 * Whether two records are one; null is no record. Not by the token alone: two workers that give an old token its first
 * id must not both win.
 */
export const sameRecord = (one, other) => one?.refresh === other?.refresh && one?.next_id === other?.next_id;

const base64url = (bytes) =>
  btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");

/** How long a token lives by its own account: the difference needs no clock of ours. */
function lifetimeMs(jwt) {
  const { iat, exp } = JSON.parse(atob(jwt.split(".")[1].replace(/-/g, "+").replace(/_/g, "/")));
  if (!(exp >= iat)) throw new TypeError("a token without a life");
  return (exp - iat) * 1000;
}

/**
 * One user's session.
 *
 * The store keeps one record, `{refresh, rotation_id, next_id}`: a refresh token, the id of the rotation that spends it
 * and the id of the one after. `get()` gives it or null. `replace(expected, record)`, in one atomic step, stores
 * `record` if the one stored is `expected` (`sameRecord`) and says whether it did; either may be null. It is durable
 * when that is done. Both may be async. Several workers or tabs may share a store. It may have `device`, with `get()`
 * and `set(value)`, which outlives log-outs: what the service calls this device, which is shown at the next log-in.
 *
 * @param {object} options
 * @param {string} options.url where the API is, without a last slash
 * @param {object} options.store
 * @param {() => void} [options.onLoggedOut] called when the session ends, whoever ends it
 * @param {(data: Uint8Array) => Promise<ArrayBuffer>} [options.sha256] where there is no WebCrypto
 * @param {(count: number) => Uint8Array} [options.randomBytes] where there is no WebCrypto
 */
export function createSession({
  url, store, onLoggedOut = () => {}, fetch = globalThis.fetch, clock = systemClock,
  sha256 = (data) => crypto.subtle.digest("SHA-256", data),
  randomBytes = (count) => crypto.getRandomValues(new Uint8Array(count)),
}) {
  let access = null; // { token, asked, lifetime }: in memory only, a restart begins with a refresh
  let refreshing = null; // the refresh under way, shared by all who wait for it
  let quiet = { since: 0, ms: 0 }; // no refresh meanwhile
  let retry;
  let known = null; // what the service calls this device, where the store does not keep it

  const newId = () => base64url(randomBytes(16));
  const hash = async (id) =>
    base64url(new Uint8Array(await sha256(Uint8Array.from(id, (letter) => letter.charCodeAt(0)))));

  async function post(path, fields, more) {
    const abort = new AbortController();
    const timer = clock.setTimeout(() => abort.abort(), TIMEOUT_MS);
    try {
      const headers = { "Content-Type": "application/json", ...more };
      const body = JSON.stringify(fields);
      const response = await fetch(url + path, { method: "POST", headers, body, signal: abort.signal });
      const { status } = response;
      if (![200, 400, 401, 409].includes(status)) {
        throw new TryLater(`status ${status}`, 1000 * response.headers.get("Retry-After") || undefined);
      }
      const answer = await response.json();
      const action = response.headers.get("Faregate-Action") ?? answer.action ?? "reload";
      return { status, body: answer, action, device: response.headers.get("Faregate-Device") };
    } finally {
      clock.clearTimeout(timer);
    }
  }

  /**
   * Stores `next` in place of `old`, and takes the access token if `next` is what is stored then. Its time counts from
   * the question: the token is younger than that.
   */
  async function keep(old, next, token, asked) {
    const lifetime = lifetimeMs(token);
    const stored = (await store.replace(old, next)) ? next : await store.get();
    // Another worker was faster: its record stands. When it got the same answer, our access token is as good.
    const mine = stored?.refresh === next.refresh;
    if (mine) access = { token, asked, lifetime };
    return { stored, usable: mine && lifetime > 0 };
  }

  function end() {
    clock.clearTimeout(retry);
    access = null;
    onLoggedOut();
  }

  /** The record after `record`, which no other worker has cleared or replaced, or what is stored in its place. */
  async function rotate(record) {
    if (!record.next_id) { // from before ids: what will be sent is durable first
      await store.replace(record, { ...record, next_id: newId() });
      return { stored: await store.get() };
    }
    const asked = clock.now();
    const { refresh, rotation_id, next_id } = record;
    const fields = { refresh, rotation_id, rotation_next: await hash(next_id) };
    const { status, body, action } = await post("/api/token/refresh/", fields);
    if (status === 200) {
      const next = body.refresh ? { refresh: body.refresh, rotation_id: next_id, next_id: newId() } : record;
      return keep(record, next, body.access, asked);
    }
    const ours = status === 401 ? body.detail : status === 409;
    if (!ours || action === "retry") throw new TryLater(`status ${status}`);
    if (action !== "reauthenticate" && sameRecord(record, await store.get())) {
      // Somebody else went on with our session. It is over before the record goes: else it would be left to them.
      await post("/api/log_out/", { refresh });
    }
    return { stored: (await store.replace(record, null)) ? null : await store.get() };
  }

  async function refresh(tries) {
    const waited = clock.now() - quiet.since;
    if (waited >= 0 && waited < quiet.ms) throw new TryLater("waiting", quiet.ms - waited);
    clock.clearTimeout(retry);
    try {
      let record = await store.get();
      if (!record && !access) throw new LoggedOut("nobody is logged in");
      for (let round = 0; record && round < ROUNDS; round++) {
        const { stored, usable } = await rotate(record);
        if (usable) return access.token;
        record = stored; // an answer that was lost for long brings an access token that is over: once more
      }
      if (record) throw new TryLater("others are always faster");
    } catch (error) {
      if (error instanceof LoggedOut) throw error;
      const later = TryLater.because(error);
      quiet = { since: clock.now(), ms: later.afterMs };
      if (tries < RETRIES) retry = clock.setTimeout(() => again(tries + 1), Math.max(later.afterMs, 1000 * 2 ** tries));
      throw later;
    }
    end();
    throw new LoggedOut("the session is over");
  }

  function again(tries) {
    quiet.ms = 0;
    renew(tries).catch(() => {});
  }

  function renew(tries = 0) {
    refreshing ??= refresh(tries).finally(() => (refreshing = null));
    return refreshing;
  }

  /** What is left of an access token; nothing when the clock was set back meanwhile. */
  function leftMs({ asked, lifetime }) {
    const age = clock.now() - asked;
    return age < 0 ? 0 : lifetime - age;
  }

  /**
   * An access token with time left; refreshes when it must, once for all who ask.
   *
   * @param {object} [options]
   * @param {string} [options.except] a token that was refused: another one is wanted
   * @returns {Promise<string>} fails with LoggedOut or TryLater
   */
  async function accessToken({ except } = {}) {
    const held = access?.token === except ? null : access;
    if (held && leftMs(held) > Math.min(MARGIN_MS, held.lifetime / 4)) return held.token;
    try {
      return await renew();
    } catch (error) {
      if (error instanceof TryLater && held && leftMs(held) > 0) return held.token;
      throw error;
    }
  }

  /** Neither a store that fails nor what fits no header keeps anybody out. */
  async function deviceHeader() {
    const read = async () => store.device.get();
    const value = store.device ? await read().catch(() => null) : known;
    return value && /^[!-~]+$/.test(value) ? { "Faregate-Device": value } : {};
  }

  async function keepDevice(value) {
    known = value;
    await store.device?.set(value);
  }

  return {
    accessToken,

    /** Logs in; fails with Refused or TryLater. The last log-in on a store wins. */
    async logIn(username, password, deviceName) {
      await refreshing?.catch(() => {}); // an earlier session's answer must not come after ours
      const asked = clock.now();
      const rotation_id = newId();
      const fields = { username, password, device_name: deviceName, rotation_next: await hash(rotation_id) };
      try {
        const { status, body, device } = await post("/api/log_in/", fields, await deviceHeader());
        if (status !== 200) throw new Refused(status, body);
        if (device) await keepDevice(device).catch(() => {});
        const next = { refresh: body.refresh, rotation_id, next_id: newId() };
        while ((await keep(await store.get(), next, body.access, asked)).stored !== next);
      } catch (error) {
        throw error instanceof Refused ? error : TryLater.because(error);
      }
    },

    /** Logs out here at once, and at the service when it can be reached: true when it was. */
    async logOut() {
      await refreshing?.catch(() => {}); // it has the newest token
      let record;
      do record = await store.get(); while (record && !(await store.replace(record, null)));
      if (!record) return true;
      end();
      return post("/api/log_out/", { refresh: record.refresh }).then(() => true, () => false);
    },

    /** `fetch` of a path of the API as this user. A token that is refused is replaced once; other answers are yours. */
    async authorizedFetch(path, init = {}) {
      if (!path.startsWith("/")) throw new TypeError("a path of the API starts with /");
      const attempt = (token) => {
        const headers = new Headers(init.headers);
        headers.set("Authorization", `Bearer ${token}`);
        return fetch(url + path, { ...init, headers });
      };
      const token = await accessToken();
      const response = await attempt(token);
      return response.status === 401 ? attempt(await accessToken({ except: token })) : response;
    },
  };
}
