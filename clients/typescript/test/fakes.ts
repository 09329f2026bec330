// A service in this process that judges refreshes as the real one does and loses what a test says, and its clock.
import { createHash } from "node:crypto";
import { createClient, type Options, type Rec } from "../src/faregate.js";
import { memoryStore } from "../src/stores.js";

export const REFRESH = "/api/token/refresh/";
export const LOG_IN = "/api/log_in/";
export const LOG_OUT = "/api/log_out/";
export const MINUTE = 60_000;
export const ID = /^[A-Za-z0-9_-]{22}$/;

export const hash = (id: string) => createHash("sha256").update(id).digest("base64url");

export const json = (status: number, body: unknown, headers?: Record<string, string>) =>
  new Response(JSON.stringify(body), { status, headers: headers ?? {} });
export const page = (status: number) => new Response("<title>Welcome to our hotel</title>", { status });
/** 401 as the service gives it. */
export const refused = (action?: string) =>
  json(401, { detail: "Token is invalid or expired", code: "token_not_valid" }, {
    ...(action && { "Faregate-Action": action }),
  });
export const superseded = () =>
  json(409, { detail: "superseded", code: "superseded", action: "reload" }, { "Faregate-Action": "reload" });

let serial = 0;
/** A token that was issued at a time which no clock of a test shows. */
export function jwt(lifetimeSeconds = 3600): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const iat = 4_000_000_000;
  return `${part({ alg: "RS256" })}.${part({ iat, exp: iat + lifetimeSeconds, jti: `ü?>~${++serial}` })}.signature`;
}

/** A repeatable sequence from 0 to 1 (mulberry32). */
export function seeded(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Seen {
  path: string;
  fields: Record<string, any>;
  headers: Headers;
  init: RequestInit;
}
type Answer = Response | Promise<Response>;

interface Session {
  counter: number;
  anchor: string | undefined;
  spent: Map<number, string | undefined>;
  rotatedAt: number;
  ended: boolean;
}

export class FakeService {
  time = Date.UTC(2026, 0, 1);
  rotate = true;
  lifetimeSeconds = 3600;
  requests: Seen[] = [];
  sessions: Session[] = [];
  rotations = 0;
  /** What a test puts in the way of a path: it may ask for the true answer with `answer()`. */
  on: Record<string, (request: Seen, answer: () => Answer) => Answer> = {};
  /** The access tokens that /api/me/ takes; all, without one. */
  good: Set<string> | undefined;

  fetch = async (input: any, init: RequestInit = {}): Promise<Response> => {
    const path = String(input).replace("https://api.example.com", "");
    const fields = typeof init.body === "string" && init.body.startsWith("{") ? JSON.parse(init.body) : {};
    const request = { path, fields, headers: new Headers(init.headers), init };
    this.requests.push(request);
    const answer = () => this.answer(request);
    return this.on[path] ? this.on[path](request, answer) : answer();
  };

  answer({ path, fields, headers }: Seen): Response {
    if (path === LOG_IN) return this.open(fields.rotation_next);
    if (path === REFRESH) return this.refresh(fields);
    if (path === LOG_OUT) {
      this.session(fields.refresh)!.ended = true;
      return json(200, {});
    }
    const token = headers.get("Authorization")!.replace("Bearer ", "");
    return !this.good || this.good.has(token) ? json(200, { username: "ann" }) : refused();
  }

  open(anchor?: string, headers?: Record<string, string>): Response {
    this.sessions.push({ counter: 0, anchor, spent: new Map(), rotatedAt: this.time, ended: false });
    return json(200, this.tokens(this.sessions.length - 1), headers);
  }

  private tokens(sid: number) {
    const { counter, anchor, rotatedAt } = this.sessions[sid]!;
    const left = Math.max(0, this.lifetimeSeconds - Math.floor((this.time - rotatedAt) / 1000));
    return { refresh: `refresh.${sid}.${counter}.${anchor ?? ""}`, access: jwt(left) };
  }

  private session(refresh: string) {
    return this.sessions[Number(refresh.split(".")[1])];
  }

  /** The rows of the service's table that a client meets; without anchors, its window of 30 seconds. */
  private refresh({ refresh, rotation_id, rotation_next }: Seen["fields"]): Response {
    const [, sid, ctr, anchor] = refresh.split(".");
    const session = this.sessions[Number(sid)]!;
    const behind = session.counter - Number(ctr);
    if (session.ended) return refused("reauthenticate");
    if (!this.rotate) return json(200, { access: jwt(this.lifetimeSeconds) });
    const proved = !anchor || (rotation_id && hash(rotation_id) === anchor && rotation_next);
    const repeated = behind === 1 && rotation_next && session.anchor === rotation_next;
    if (behind > 1 && (!proved || session.spent.get(Number(ctr)) === rotation_next)) return superseded();
    if (behind === 0 && proved) {
      session.spent.set(Number(ctr), rotation_next);
      Object.assign(session, { counter: session.counter + 1, anchor: rotation_next, rotatedAt: this.time });
      this.rotations++;
    } else if (!proved || !repeated) {
      session.ended = true;
      return refused("reauthenticate");
    }
    return json(200, this.tokens(Number(sid)));
  }

  /**
   * Keeps the next request to `path` waiting, before or after the service has done its work: `arrived` says that it is
   * there, `release` answers it.
   */
  hold(path: string, what: "question" | "answer" = "question") {
    let release = () => {};
    const arrived = new Promise<void>((here) => {
      this.on[path] = (_, answer) => {
        delete this.on[path];
        here();
        const late = what === "question" ? answer : ((early) => () => early)(answer());
        return new Promise<Response>((resolve) => (release = () => resolve(late())));
      };
    });
    return { arrived, release: () => release() };
  }

  to(path: string) {
    return this.requests.filter((request) => request.path === path);
  }

  bodies(path: string) {
    return this.to(path).map(({ fields }) => fields);
  }
}

export const offline = (): Promise<Response> => Promise.reject(new TypeError("fetch failed"));

export function setUp(record: Rec | null = null, options: Partial<Options> = {}) {
  const service = new FakeService();
  const store = memoryStore(record);
  const fixed = { url: "https://api.example.com", store, fetch: service.fetch, now: () => service.time };
  const another = (more: Partial<Options> = {}) => createClient({ ...fixed, ...options, ...more });
  return { service, store, another, client: another() };
}

export async function loggedIn(options: Partial<Options> = {}) {
  const made = setUp(null, options);
  await made.client.logIn("ann", "correct-horse-7");
  const first = (await made.store.read())!;
  return { ...made, first };
}
