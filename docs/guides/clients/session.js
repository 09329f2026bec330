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
/** After 1, 2, 4, 8 and 16 seconds: an answer that got lost is given again for 30 seconds. */
const RETRIES = 5;

/** How long a token lives by its own account: the difference needs no clock of ours. */
function lifetimeMs(jwt) {
  const { iat, exp } = JSON.parse(atob(jwt.split(".")[1].replace(/-/g, "+").replace(/_/g, "/")));
  return (exp - iat) * 1000;
}

/**
 * One user's session.
 *
 * @param {object} options
 * @param {string} options.url where the API is, without a last slash
 * @param {object} options.store keeps the refresh token: `get()`, `set(token)` and `clear()`, may be async
 * @param {() => void} [options.onLoggedOut] called when the session ends, whoever ends it
 */
export function createSession({ url, store, onLoggedOut = () => {}, fetch = globalThis.fetch, clock = systemClock }) {
  let access = null; // { token, asked, lifetime }: in memory only, a restart begins with a refresh
  let refreshing = null; // the refresh under way, shared by all who wait for it
  let quiet = { since: 0, ms: 0 }; // no refresh meanwhile
  let retry;

  async function post(path, fields) {
    const abort = new AbortController();
    const timer = clock.setTimeout(() => abort.abort(), TIMEOUT_MS);
    try {
      const headers = { "Content-Type": "application/json" };
      const body = JSON.stringify(fields);
      const response = await fetch(url + path, { method: "POST", headers, body, signal: abort.signal });
      const { status } = response;
      if (![200, 400, 401].includes(status)) {
        throw new TryLater(`status ${status}`, 1000 * response.headers.get("Retry-After") || undefined);
      }
      return { status, body: await response.json() };
    } finally {
      clock.clearTimeout(timer);
    }
  }

  /** Keeps what a log-in or refresh answered. Its time counts from the question: the token is younger than that. */
  async function keep(body, asked) {
    const lifetime = lifetimeMs(body.access);
    if (body.refresh) await store.set(body.refresh);
    access = { token: body.access, asked, lifetime };
    return access.token;
  }

  async function end() {
    clock.clearTimeout(retry);
    access = null;
    await store.clear();
    onLoggedOut();
  }

  async function refresh(tries) {
    const asked = clock.now();
    const waited = asked - quiet.since;
    if (waited >= 0 && waited < quiet.ms) throw new TryLater("waiting", quiet.ms - waited);
    clock.clearTimeout(retry);
    try {
      const token = await store.get();
      if (!token) throw new LoggedOut("nobody is logged in");
      const { status, body } = await post("/api/token/refresh/", { refresh: token });
      if (status === 200) return await keep(body, asked);
      if (status !== 401 || !body.detail) throw new TryLater(`status ${status}`);
    } catch (error) {
      if (error instanceof LoggedOut) throw error;
      const later = TryLater.because(error);
      quiet = { since: clock.now(), ms: later.afterMs };
      if (tries < RETRIES) retry = clock.setTimeout(() => again(tries + 1), Math.max(later.afterMs, 1000 * 2 ** tries));
      throw later;
    }
    await end();
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

  return {
    accessToken,

    /** Logs in; fails with Refused or TryLater. */
    async logIn(username, password) {
      await refreshing?.catch(() => {}); // an earlier session's answer must not come after ours
      const asked = clock.now();
      try {
        const { status, body } = await post("/api/log_in/", { username, password });
        if (status !== 200) throw new Refused(status, body);
        await keep(body, asked);
      } catch (error) {
        throw error instanceof Refused ? error : TryLater.because(error);
      }
    },

    /** Logs out here at once, and at the service when it can be reached: true when it was. */
    async logOut() {
      await refreshing?.catch(() => {}); // it has the newest token
      const token = await store.get();
      if (!token) return true;
      await end();
      return post("/api/log_out/", { refresh: token }).then(() => true, () => false);
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
