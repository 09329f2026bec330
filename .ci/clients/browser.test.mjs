// The clients of the guide in Chromium, against the running service.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { launch, serving } from "./chromium.mjs";
import { API, post, signUp, socketUrl, watch } from "./service.mjs";

const PAGE = `<!doctype html><title>Faregate</title><p id="status"></p><p id="who"></p>
<script type="module">
  import { start } from "/browser.js";
  import { openSocket } from "/socket.js";
  const show = (id) => (text) => {
    document.getElementById(id).textContent = text;
    note(id, text);
  };
  const { api, socketUrl } = options;
  const on = { onMessage: show("who"), onStatus: show("status") };
  const client = start({ api, socketUrl, ...on, onLoggedOut: () => note("logged out") });
  Object.assign(window, {
    session: client.session,
    connectBy: {
      protocol: () => (window.socket = client.connect()),
      ticket: () => (window.socket = openSocket({ url: socketUrl, session: client.session, by: "ticket", ...on })),
    },
  });
  note("ready");
</script>`;

let server, browser;

before(async () => {
  server = await serving(PAGE);
  browser = await launch();
});

after(async () => {
  await browser?.close();
  server.close();
});

/** A new page. The API is of another origin and lists none: the page's requests go through this process. */
async function newPage() {
  const events = watch();
  const answers = [];
  const page = await browser.newPage();
  page.on("pageerror", (error) => events.note("error")(String(error)));
  await page.exposeFunction("note", (kind, value) => events.note(kind)(value));
  await page.exposeFunction("ask", async (url, init) => {
    const response = await fetch(url, init);
    answers.push({ status: response.status, headers: [...response.headers], body: await response.text() });
    return answers.at(-1);
  });
  await page.addInitScript((options) => {
    Object.assign(window, { options });
    window.fetch = async (url, { method = "GET", headers, body } = {}) => {
      const answer = await ask(url, { method, headers: [...new Headers(headers)], body });
      return new Response(answer.body, answer);
    };
  }, { api: API, socketUrl: socketUrl(API) });
  await page.goto(`http://localhost:${server.address().port}/`);
  await events.next("ready");
  return { page, events, answers };
}

for (const by of ["protocol", "ticket"]) {
  test(`a page connects by ${by}, shows who is connected, and is closed within a second of a log-out`, async () => {
    const { page, events } = await newPage();
    const [username, password] = await signUp();
    await page.evaluate((user) => session.logIn(...user), [username, password]);
    await page.evaluate((way) => void connectBy[way](), by);
    await events.next("status", "open");
    assert.ok(await page.evaluate(() => socket.send("who?")));
    await events.next("who");
    assert.equal(JSON.parse(await page.textContent("#who")).username, username);
    await page.evaluate(() => session.logOut());
    const since = performance.now();
    await events.next("logged out");
    const { at } = await events.next("status", "waiting");
    assert.ok(at - since < 1000, `closed after ${Math.round(at - since)} ms`);
    await events.next("status", "closed");
    assert.equal(await page.textContent("#status"), "closed");
    await page.close();
  });
}

test("a page finds out by itself that its session was ended elsewhere", async () => {
  const { page, events, answers } = await newPage();
  const credentials = await signUp();
  await page.evaluate((user) => session.logIn(...user), credentials);
  const { refresh } = JSON.parse(answers.at(-1).body);
  await page.evaluate(() => void connectBy.protocol());
  await events.next("status", "open");
  await post("/api/log_out/", { refresh });
  const since = performance.now();
  const { at } = await events.next("status", "waiting");
  assert.ok(at - since < 1000, `closed after ${Math.round(at - since)} ms`);
  await events.next("logged out");
  await events.next("status", "closed");
  await page.close();
});

/** What a plain WebSocket of a browser sees. */
function plain(page, url, protocols) {
  return page.evaluate(([address, offered]) => new Promise((resolve) => {
    const socket = new WebSocket(address, offered);
    socket.onopen = () => {
      resolve({ protocol: socket.protocol });
      socket.close();
    };
    socket.onclose = ({ code, reason }) => resolve({ code, reason });
  }), [url, protocols]);
}

test("a browser agrees with the subprotocol that is echoed", async () => {
  const { page } = await newPage();
  const [username, password] = await signUp();
  const { access } = await post("/api/log_in/", { username, password });
  const { ticket } = await post("/api/ws_ticket/", {}, { access });
  const url = socketUrl(API);
  assert.deepEqual(await plain(page, url, ["bearer", access]), { protocol: "bearer" });
  assert.deepEqual(await plain(page, url, ["taxi.v1", "bearer", access]), { protocol: "taxi.v1" });
  assert.deepEqual(await plain(page, `${url}?ticket=${ticket}`, []), { protocol: "" });
  await page.close();
});

test("the README's lines for the console of a browser", async () => {
  const readme = await readFile(new URL("../../README.md", import.meta.url), "utf8");
  const lines = readme.split("```js\n")[1].split("```")[0];
  const { page } = await newPage();
  const [username, password] = await signUp();
  const { access } = await post("/api/log_in/", { username, password });
  const said = page.waitForEvent("console");
  await page.evaluate((program) => (0, eval)(program), [
    `var access = ${JSON.stringify(access)};`,
    lines.replace("ws://localhost:8000/ws/", socketUrl(API)),
  ].join("\n"));
  assert.equal(JSON.parse((await said).text()).username, username);
  await page.close();
});

test("a browser sees no reason for a refused handshake", async () => {
  const { page } = await newPage();
  const refused = { code: 1006, reason: "" };
  assert.deepEqual(await plain(page, socketUrl(API), ["bearer", "nonsense"]), refused);
  assert.deepEqual(await plain(page, socketUrl(API), []), refused);
  await page.close();
});
