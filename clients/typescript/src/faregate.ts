/**
 * What is kept of a session: one refresh token, the id of the rotation that spends it, and the id of the one after. The
 * service ends a session whose token comes without its id, or with two different next ids: somebody has a copy.
 */
export interface Rec {
  refresh: string;
  /** Missing only in a record from before ids, whose next rotation begins with them. */
  rotation_id?: string;
  next_id?: string;
}

/** Keeps the record where it outlives the process. Several workers or tabs may share one. */
export interface Store {
  read(): Promise<Rec | null>;
  /**
   * In one atomic step: if the record stored is `expected` (see {@link same}), stores `next` and says true; else leaves
   * it and says false. null is no record. It is durable when this resolves.
   */
  replace(expected: Rec | null, next: Rec | null): Promise<boolean>;
  /** Where there is none, what it would keep lives as long as the client. */
  device?: DeviceStore;
}

/**
 * Keeps what the service gave this device at its last log-in (`Faregate-Device`), whoever logged in. It outlives
 * log-outs: a device that shows it at the next log-in is not kept out by what others guess at elsewhere.
 */
export interface DeviceStore {
  read(): Promise<string | null>;
  write(value: string): Promise<void>;
}

/**
 * Whether two records are one. Not by the token alone: two workers that give an old token its first id must not both
 * win.
 */
export const same = (one: Rec | null, other: Rec | null): boolean =>
  one?.refresh === other?.refresh && one?.next_id === other?.next_id;

/** The session is over, or there is none: show the log-in screen. */
export class LoggedOut extends Error {}

/** A log-in with something wrong: 400 `{field: [messages]}`, 401 `{detail}`. */
export class Refused extends Error {
  constructor(readonly status: number, readonly body: unknown) {
    super(`refused with ${status}`);
  }
}

/** A log-in after too many attempts: the next one is taken in so many seconds. Nothing is sent again by itself. */
export class TooManyAttempts extends Error {
  constructor(readonly seconds: number) {
    super(`too many attempts: try again in ${seconds} s`);
  }
}

/** No network, or the service is in trouble. Nobody is logged out: ask again, and the same request goes out again. */
export class TryLater extends Error {
  constructor(reason: unknown, readonly afterMs = 1000) {
    super(`try again later: ${reason}`);
  }
}

export interface Options {
  /** Where the API is, without a last slash. */
  url: string;
  store: Store;
  fetch?: typeof globalThis.fetch;
  /** SHA-256 and random bytes: from WebCrypto, which React Native does not have. */
  sha256?: (data: Uint8Array<ArrayBuffer>) => Promise<ArrayBuffer>;
  randomBytes?: (count: number) => Uint8Array;
  /** Milliseconds; only differences count. */
  now?: () => number;
}

const LOG_IN = "/api/log_in/";
const DEVICE = "Faregate-Device";
const TIMEOUT_MS = 10_000;
/** How long before its end an access token is replaced; of short-lived ones a quarter of their life. */
const MARGIN_MS = 60_000;
/** More than others can be faster in a row: then something is wrong with the store or the service. */
const ROUNDS = 20;

const base64url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");

/** How long a token lives by its own account: the difference needs no clock of ours. */
function lifetimeMs(jwt: string): number {
  const { iat, exp } = JSON.parse(atob(jwt.split(".")[1]!.replace(/-/g, "+").replace(/_/g, "/")));
  if (!(exp >= iat)) throw new TypeError("a token without a life");
  return (exp - iat) * 1000;
}

export type Client = ReturnType<typeof createClient>;

/**
 * One user's session. Its methods fail with {@link LoggedOut}, {@link TryLater} or, to log in, {@link Refused} and
 * {@link TooManyAttempts}.
 */
export function createClient({
  url, store, fetch = globalThis.fetch, now = Date.now,
  sha256 = (data) => crypto.subtle.digest("SHA-256", data),
  randomBytes = (count) => crypto.getRandomValues(new Uint8Array(count)),
}: Options) {
  let access: { token: string; asked: number; lifetime: number } | null = null;
  let refreshing: Promise<string> | null = null; // shared by all who need a token
  let quiet = { since: 0, ms: 0 }; // the service asked for it
  let known: string | null = null; // this device, where the store does not keep it

  const id = () => base64url(randomBytes(16));
  const hash = async (text: string) =>
    base64url(new Uint8Array(await sha256(Uint8Array.from(text, (letter) => letter.charCodeAt(0)))));

  /** The answer of the service; whatever else comes back is for later. */
  async function post(path: string, fields: object, more?: Record<string, string>) {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
    try {
      const headers = { "Content-Type": "application/json", ...more };
      const body = JSON.stringify(fields);
      const response = await fetch(url + path, { method: "POST", headers, body, signal: abort.signal });
      const { status } = response;
      if (![200, 400, 401, 409].includes(status)) {
        const seconds = Number(response.headers.get("Retry-After")) || 0;
        if (status === 429 && path === LOG_IN && seconds) throw new TooManyAttempts(seconds);
        quiet = { since: now(), ms: 1000 * seconds };
        throw new TryLater(`status ${status}`, quiet.ms || undefined);
      }
      const answer = await response.json(); // a hotel's page fails here
      const action = response.headers.get("Faregate-Action") ?? answer.action ?? "reload";
      return { status, answer, action, device: response.headers.get(DEVICE) };
    } finally {
      clearTimeout(timer);
    }
  }

  /** Stores `next` in place of `old`, and takes the access token if that is what is stored now. */
  async function keep(old: Rec | null, next: Rec, token: string, asked: number) {
    const lifetime = lifetimeMs(token);
    const stored = (await store.replace(old, next)) ? next : await store.read();
    // Another worker was faster: its record stands. When it got the same answer, our access token is as good.
    const mine = stored?.refresh === next.refresh;
    if (mine) access = { token, asked, lifetime };
    return { stored, usable: mine && lifetime > 0 };
  }

  async function refresh(): Promise<string> {
    const waited = now() - quiet.since;
    if (waited >= 0 && waited < quiet.ms) throw new TryLater("the service asked for it", quiet.ms - waited);
    let rec = await store.read();
    for (let round = 0; rec && round < ROUNDS; round++) {
      if (!rec.next_id) { // from before ids: what will be sent is durable first
        await store.replace(rec, { ...rec, next_id: id() });
        rec = await store.read();
        continue;
      }
      const asked = now();
      const fields = { refresh: rec.refresh, rotation_id: rec.rotation_id, rotation_next: await hash(rec.next_id) };
      const { status, answer, action } = await post("/api/token/refresh/", fields);
      if (status === 200) {
        const next = answer.refresh ? { refresh: answer.refresh, rotation_id: rec.next_id, next_id: id() } : rec;
        const { stored, usable } = await keep(rec, next, answer.access, asked);
        if (usable) return answer.access;
        rec = stored; // an answer that was lost for long brings an expired access token: once more
        continue;
      }
      const ours = status === 401 ? typeof answer.detail === "string" : status === 409;
      if (!ours || action === "retry") throw new TryLater(`status ${status}`);
      if (action !== "reauthenticate" && same(rec, await store.read())) {
        // Somebody else went on with our session. It is over before the record goes: else it would be left to them.
        await post("/api/log_out/", { refresh: rec.refresh });
      }
      rec = (await store.replace(rec, null)) ? null : await store.read();
    }
    if (rec) throw new TryLater("others are always faster");
    access = null;
    throw new LoggedOut("log in");
  }

  const later = (error: unknown) => {
    const ours = [LoggedOut, TryLater, Refused, TooManyAttempts].some((kind) => error instanceof kind);
    throw ours ? error : new TryLater(error);
  };

  /** What the service calls this device. Neither a store that fails nor what fits no header keeps anybody out. */
  async function deviceHeader(): Promise<Record<string, string>> {
    const value = store.device ? await store.device.read().catch(() => null) : known;
    return value && /^[!-~]+$/.test(value) ? { [DEVICE]: value } : {};
  }

  const left = (held: NonNullable<typeof access>) => {
    const age = now() - held.asked; // the token is younger: it was made after we asked
    return age < 0 ? 0 : held.lifetime - age; // the clock was set back
  };

  /** An access token with time left, and another one than `refused`. */
  async function accessToken(refused?: string): Promise<string> {
    const held = access?.token === refused ? null : access;
    if (held && left(held) > Math.min(MARGIN_MS, held.lifetime / 4)) return held.token;
    try {
      return await (refreshing ??= refresh().catch(later).finally(() => (refreshing = null)));
    } catch (error) {
      if (error instanceof TryLater && held && left(held) > 0) return held.token;
      throw error;
    }
  }
  return {
    accessToken,

    /** Logs in; the last one to log in on a store wins. */
    async logIn(username: string, password: string, deviceName?: string): Promise<void> {
      await refreshing?.catch(() => {}); // the answer of an earlier session must not come after ours
      const [asked, first] = [now(), id()];
      const fields = { username, password, rotation_next: await hash(first), device_name: deviceName };
      await post(LOG_IN, fields, await deviceHeader()).then(async ({ status, answer, device }) => {
        if (status !== 200) throw new Refused(status, answer);
        if (device) known = device;
        if (device) await store.device?.write(device).catch(() => {});
        const next = { refresh: answer.refresh, rotation_id: first, next_id: id() };
        while ((await keep(await store.read(), next, answer.access, asked)).stored !== next);
      }).catch(later);
    },

    /** Logs out here at once, and at the service when it can be reached: true when it was. */
    async logOut(): Promise<boolean> {
      await refreshing?.catch(() => {}); // it has the newest token
      let rec: Rec | null;
      do rec = await store.read(); while (rec && !(await store.replace(rec, null)));
      access = null;
      return !rec || post("/api/log_out/", { refresh: rec.refresh }).then(() => true, () => false);
    },

    /** `fetch` of a path of the API as this user. A token that is refused is replaced once; other answers are yours. */
    async fetch(path: string, init: RequestInit = {}): Promise<Response> {
      if (!path.startsWith("/")) throw new TypeError("a path of the API starts with /");
      const send = (token: string) => {
        const headers = new Headers(init.headers);
        headers.set("Authorization", `Bearer ${token}`);
        return fetch(url + path, { ...init, headers });
      };
      const token = await accessToken();
      const response = await send(token);
      return response.status === 401 ? send(await accessToken(token)) : response;
    },
  };
}
