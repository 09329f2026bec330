// Pages of other origins in Chromium, which call the API themselves: what FAREGATE_CORS_ORIGINS lets them do.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { launch, serving } from "./chromium.mjs";
import { post, signUp } from "./service.mjs";

const PAGE = `<!doctype html><title>Elsewhere</title>
<script type="module">
  import { start } from "/browser.js";
  Object.assign(window, { start, ready: true });
</script>`;

let server, browser, service, api;

/** Origins of one server: a page's origin is how it was asked for. */
const listed = () => `http://localhost:${server.address().port}`;
const unlisted = () => `http://127.0.0.1:${server.address().port}`;

before(async () => {
  server = await serving(PAGE);
  const env = { ...process.env, FAREGATE_CORS_ORIGINS: listed(), FAREGATE_BASIC_AUTH: "on" };
  const ports = ["--memory", "--port", "0", "--dynamodb-port", "0"];
  service = spawn(process.env.CLIENTS_LOCAL, ports, { env, stdio: ["ignore", "pipe", "ignore"] });
  const [greeting] = await once(createInterface({ input: service.stdout }), "line");
  // By its address: for both origins it is another site.
  api = greeting.match(/http:\/\/localhost:\d+/)[0].replace("localhost", "127.0.0.1");
  browser = await launch();
});

after(async () => {
  await browser?.close();
  server?.close();
  service?.kill("SIGTERM");
});

async function pageOf(origin) {
  const page = await browser.newPage();
  await page.goto(origin);
  await page.waitForFunction(() => window.ready);
  return page;
}

/** What a script of `page` gets to know of an answer: nothing but an error where the browser keeps it back. */
function ask(page, path, init) {
  return page.evaluate(async ([url, options]) => {
    try {
      const response = await fetch(url, options);
      return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() };
    } catch (error) {
      return { error: error.name };
    }
  }, [api + path, init]);
}

const json = (fields, headers) =>
  ({ method: "POST", headers: { "Content-Type": "application/json", ...headers }, body: JSON.stringify(fields) });
const KEPT_BACK = { error: "TypeError" };

test("the guide's client logs in, asks, refreshes and logs out from a listed origin", async () => {
  const page = await pageOf(listed());
  const credentials = await signUp(api);
  const me = await page.evaluate(async ([url, user]) => {
    window.client = window.start({ api: url, socketUrl: "ws://127.0.0.1:9/", onLoggedOut() {} });
    await client.session.logIn(...user);
    return (await client.session.authorizedFetch("/api/me/")).json();
  }, [api, credentials]);
  assert.equal(me.username, credentials[0]);
  assert.equal(await page.evaluate(() => client.session.logOut()), true);
  await page.close();
});

test("a page of a listed origin reads why it was refused", async () => {
  const page = await pageOf(listed());
  const spent = await ask(page, "/api/token/refresh/", json({ refresh: "garbage" }));
  assert.deepEqual([spent.status, spent.headers["faregate-action"]], [401, "reload"]);
  assert.match(spent.headers["www-authenticate"], /^Bearer/);
  assert.ok(spent.headers["x-request-id"]);
  const wrongMethod = await ask(page, "/api/log_in/", { method: "GET" });
  assert.deepEqual([wrongMethod.status, wrongMethod.headers.allow], [405, "POST, OPTIONS"]);
  const [username] = await signUp(api);
  const guess = { headers: { Authorization: `Basic ${btoa(`${username}:wrong`)}` } };
  let answer = await ask(page, "/api/me/", guess);
  while (answer.status === 401) answer = await ask(page, "/api/me/", guess);
  assert.equal(answer.status, 429);
  assert.match(answer.headers["retry-after"], /^\d+$/);
  await page.close();
});

test("the browser keeps every answer back from a page that is not listed", async () => {
  const page = await pageOf(unlisted());
  const [username, password] = await signUp(api);
  assert.deepEqual(await ask(page, "/api/log_in/", json({ username, password })), KEPT_BACK);
  assert.deepEqual(await ask(page, "/.well-known/jwks.json"), KEPT_BACK);
  const { access } = await post("/api/log_in/", { username, password }, { api });
  assert.deepEqual(await ask(page, "/api/me/", { headers: { Authorization: `Bearer ${access}` } }), KEPT_BACK);
  await page.close();
});

test("the browser keeps back from a listed page what it asked for with cookies, and the admin site", async () => {
  const page = await pageOf(listed());
  assert.equal((await ask(page, "/api/me/")).status, 401);
  assert.deepEqual(await ask(page, "/api/me/", { credentials: "include" }), KEPT_BACK);
  assert.deepEqual(await ask(page, "/admin/login/"), KEPT_BACK);
  await page.close();
});
