// What the tests against the running service share. `.ci/clients.sh` sets the variables.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { promisify } from "node:util";

export const API = process.env.CLIENTS_API;
export const SHORT_LIVED_API = process.env.CLIENTS_SHORT_LIVED_API;
/** The packages that `.ci/clients.sh` installed. */
export const installed = createRequire(`${process.env.CLIENTS_NODE_MODULES}/`);
export const socketUrl = (api) => `${api.replace("http", "ws")}/ws/`;
const PASSWORD = "correct-horse-7";

export async function post(path, fields, { api = API, access } = {}) {
  const headers = { "Content-Type": "application/json", ...(access && { Authorization: `Bearer ${access}` }) };
  const response = await fetch(api + path, { method: "POST", headers, body: JSON.stringify(fields) });
  assert.ok(response.ok, `${path}: ${response.status}`);
  return response.json();
}

let count = 0;
export async function signUp(api = API) {
  const username = `client${process.pid}-${++count}`;
  await post("/api/sign_up/", { username, password1: PASSWORD, password2: PASSWORD }, { api });
  return [username, PASSWORD];
}

/** The operator's command. */
export function faregate(...words) {
  const [program, ...first] = process.env.CLIENTS_FAREGATE.split(" ");
  return promisify(execFile)(program, [...first, ...words]);
}

/** Remembers what happens, and waits for what is to happen next. */
export function watch() {
  const seen = [];
  let position = 0;
  let look = () => {};
  const note = (kind) => (value) => {
    seen.push({ kind, value, at: performance.now() });
    look();
  };
  return {
    note,
    on: { onMessage: note("message"), onStatus: note("status"), onLoggedOut: note("logged out") },

    /** The next event of this kind, and with this value if one is given; earlier ones are passed over. */
    next(kind, value, seconds = 20) {
      return new Promise((resolve, reject) => {
        const deadline = setTimeout(() => {
          reject(new Error(`no ${kind} ${value ?? ""} within ${seconds} s, only ${JSON.stringify(seen)}`));
        }, seconds * 1000);
        look = () => {
          while (position < seen.length) {
            const event = seen[position++];
            if (event.kind !== kind || (value !== undefined && event.value !== value)) continue;
            clearTimeout(deadline);
            look = () => {};
            return resolve(event);
          }
        };
        look();
      });
    },
  };
}
