// What another site can have an administrator's browser do: nothing.
import assert from "node:assert/strict";
import http from "node:http";
import { after, before, test } from "node:test";
import { administrator, leads, newUser, openUser, SITE, text } from "./browser.mjs";

let server, content;
before(async () => {
  server = http.createServer((_, response) => response.setHeader("Content-Type", "text/html").end(content));
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
});
after(() => server.close());

// Cookies know no ports: a program on another port of this machine is another origin, but of the same site.
const ELSEWHERE = { "another site": "127.0.0.1", "another origin of the same site": "localhost" };
for (const [what, host] of Object.entries(ELSEWHERE)) {
  test(`a form of ${what} changes nothing, whatever it knows`, async () => {
    const { page } = await administrator();
    await openUser(page, await newUser());
    const address = page.url();
    const [token, version] = await page.locator("main form").first().locator("input[type=hidden]").evaluateAll(
      (inputs) => inputs.map((input) => input.value),
    );
    content = `<!doctype html><form method="post" action="${address}">
      <input name="csrfmiddlewaretoken" value="${token}"><input name="version" value="${version}">
      <button name="action" value="deactivate">A prize!</button></form>`;
    await page.goto(`http://${host}:${server.address().port}/`);
    await leads(page, page.getByRole("button").click());
    assert.equal(new URL(page.url()).origin, SITE);
    assert.match(await text(page), /Nothing was changed/);
    await page.goto(address);
    assert.match(await page.locator(".ticket").innerText(), /\bActive\b/);
  });

  test(`a frame of ${what} shows nothing`, async () => {
    const { page } = await administrator();
    for (const path of ["/admin/users/", "/admin/login/", "/api/sign_up/"]) {
      content = `<!doctype html><iframe src="${SITE}${path}" width="900" height="600"></iframe>`;
      await page.goto(`http://${host}:${server.address().port}/`);
      const frame = page.frames()[1];
      await frame.waitForURL(/^chrome-error:/);
      assert.doesNotMatch(await frame.content(), /Faregate/);
    }
  });
}

test("somebody who comes by a link of another site stays logged in", async () => {
  const { page } = await administrator();
  content = `<!doctype html><a href="${SITE}/admin/users/">A link</a>`;
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await page.getByRole("link").click();
  await page.waitForURL(`${SITE}/admin/**`);
  await page.goto("/admin/users/");
  assert.equal(page.url(), `${SITE}/admin/users/`);
});
