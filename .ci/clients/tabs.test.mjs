// clients/typescript in tabs of Chromium that share one session in IndexedDB, against the running service.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { launch, listening } from "./chromium.mjs";
import { API, signUp } from "./service.mjs";

const PAGE = `<!doctype html><title>Faregate</title>
<script type="module">
  import { LoggedOut, createClient } from "/faregate.js";
  import { indexedDbStore } from "/stores.js";
  const store = indexedDbStore();
  Object.assign(window, { LoggedOut, store, client: createClient({ url: location.origin, store }), indexedDbStore });
</script>`;

let server, browser, context;
let refreshes = 0;

before(async () => {
  server = await listening(async (request, response) => {
    const { method, url, headers } = request;
    if (url === "/") return response.setHeader("Content-Type", "text/html").end(PAGE);
    if (url.startsWith("/api/")) { // the API is at the page's origin
      refreshes += url === "/api/token/refresh/";
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      const { authorization, "content-type": type } = headers;
      const passed = { ...(authorization && { authorization }), ...(type && { "content-type": type }) };
      const body = chunks.length ? Buffer.concat(chunks) : undefined;
      const answer = await fetch(API + url, { method, headers: passed, body });
      return response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
    }
    const text = await readFile(`${process.env.CLIENTS_TYPESCRIPT}/src${url}`).catch(() => null);
    response.writeHead(text ? 200 : 404, { "Content-Type": "text/javascript" }).end(text);
  });
  browser = await launch();
  context = await browser.newContext();
});

after(async () => {
  await browser?.close();
  server.close();
});

async function tab() {
  const page = await context.newPage();
  await page.goto(`http://localhost:${server.address().port}/`);
  await page.waitForFunction(() => window.client);
  return page;
}

test("of tabs that store something in place of the same record, one wins each time", async () => {
  const tabs = await Promise.all([tab(), tab(), tab()]);
  const counted = await Promise.all(tabs.map((page) => page.evaluate(async () => {
    const counters = indexedDbStore("counters");
    for (let won = 0; won < 50;) {
      const old = await counters.read();
      const next = { refresh: String(1 + Number(old?.refresh ?? 0)), next_id: "n" };
      if (await counters.replace(old, next)) won++;
    }
    return counters.read();
  })));
  assert.ok(counted.some(({ refresh }) => refresh === "150"), JSON.stringify(counted));
  await Promise.all(tabs.map((page) => page.close()));
});

test("what is known of the device stays when the session goes, and belongs to the store", async () => {
  const page = await tab();
  const kept = await page.evaluate(async () => {
    const [one, other] = [indexedDbStore("devices"), indexedDbStore("other-devices")];
    const before = await one.device.read();
    await one.replace(null, { refresh: "r", next_id: "n" });
    await one.device.write("device.1");
    await one.replace({ refresh: "r", next_id: "n" }, null);
    return [before, await one.read(), await indexedDbStore("devices").device.read(), await other.device.read()];
  });
  assert.deepEqual(kept, [null, null, "device.1", null]);
  await page.close();
});

test("tabs share one session, which outlives them, and a log-out in one is one in all", async () => {
  const credentials = await signUp();
  const first = await tab();
  await first.evaluate((user) => client.logIn(...user), credentials);
  const [second, third] = [await tab(), await tab()];
  const tabs = [first, second, third];
  for (let round = 0; round < 10; round++) {
    const answers = await Promise.all(tabs.map((page) => page.evaluate(async () => {
      window.token = await client.accessToken(window.token);
      return (await client.fetch("/api/me/")).status;
    })));
    assert.deepEqual(answers, [200, 200, 200]);
  }
  assert.ok(refreshes >= 9, `${refreshes} refreshes`);
  await Promise.all(tabs.map((page) => page.close()));

  const [later, other] = [await tab(), await tab()];
  for (const page of [later, other]) {
    const { username } = await page.evaluate(async () => (await client.fetch("/api/me/")).json());
    assert.equal(username, credentials[0]);
  }
  assert.equal(await later.evaluate(() => client.logOut()), true);
  assert.equal(await other.evaluate(() => store.read()), null);
  const said = await other.evaluate(() => client.fetch("/api/me/").catch((error) => error instanceof LoggedOut));
  assert.equal(said, true);
});
