// A browser walks through the API as the tutorial's reader does.
import assert from "node:assert/strict";
import { test } from "node:test";
import { click, fill, filled, leads, newName, newUser, PASSWORD, post, says, SITE, text, visitor } from "./browser.mjs";

const status = (page) => page.getByText(/^HTTP \d+ /).innerText();

test("somebody opens sign_up, signs up, and logs in", async () => {
  const { page, noted } = await visitor();
  const username = newName("rider");
  assert.equal((await page.goto("/api/sign_up/")).status(), 405);
  assert.equal(await status(page), "HTTP 405 Method Not Allowed");
  await fill(page, { Username: username, "First name (optional)": "Rita", Password1: PASSWORD, Password2: PASSWORD });
  await page.getByLabel("Last name (optional)").press("Enter");
  assert.equal(await status(page), "HTTP 201 Created");
  assert.match(await text(page), new RegExp(`"username": "${username}"`));

  await page.goto("/api/log_in/");
  await fill(page, { Username: username, Password: PASSWORD });
  await click(page.locator("form", { hasText: "By fields" }), "POST");
  assert.equal(await status(page), "HTTP 200 OK");
  assert.match(await text(page), /"refresh": "ey[^"]+",?\s+"access": "ey/);
  assert.deepEqual(noted, []);
});

test("what is wrong is said at the fields, and what was typed stays, but no password", async () => {
  const { page, noted } = await visitor();
  const username = await newUser();
  await page.goto("/api/sign_up/");
  await fill(page, { Username: username, "First name (optional)": "Rita", Password1: "123", Password2: "1234" });
  await click(page.locator("form", { hasText: "By fields" }), "POST");
  assert.equal(await status(page), "HTTP 400 Bad Request");
  const wrong = page.getByLabel("Username", { exact: true });
  assert.equal(await wrong.getAttribute("aria-invalid"), "true");
  await says(page, "A user with that username already exists.");
  assert.deepEqual(await filled(page, "Username", "First name (optional)", "Password1", "Password2"), [
    username, "Rita", "", "",
  ]);
  assert.deepEqual(noted, []);
});

test("the form for JSON sends what is typed", async () => {
  const { page, noted } = await visitor();
  const raw = page.locator("form", { hasText: "As JSON" });
  const username = newName("rider");
  await page.goto("/api/sign_up/");
  const skeleton = JSON.parse(await raw.getByLabel("Content").inputValue());
  assert.deepEqual(Object.keys(skeleton), ["username", "password1", "password2", "first_name", "last_name"]);
  await raw.getByLabel("Content").fill("{not JSON");
  await click(raw, "POST");
  assert.equal(await status(page), "HTTP 400 Bad Request");
  await raw.getByLabel("Content").fill(JSON.stringify({ username, password1: PASSWORD, password2: PASSWORD }));
  await click(raw, "POST");
  assert.equal(await status(page), "HTTP 201 Created");
  assert.deepEqual(noted, []);
});

test("OPTIONS is a button", async () => {
  const { page, noted } = await visitor();
  await page.goto("/api/sign_up/");
  await click(page, "OPTIONS");
  assert.equal(await status(page), "HTTP 200 OK");
  await says(page, '"renders"');
  assert.equal(new URL(page.url()).pathname, "/api/sign_up/");
  assert.deepEqual(noted, []);
});

test("an access token in its field shows one's sessions, and ends one", async () => {
  const { page, noted } = await visitor();
  const username = await newUser();
  const here = await post("/api/log_in/", { username, password: PASSWORD });
  const there = await post("/api/log_in/", { username, password: PASSWORD });
  const ask = async (path, button) => {
    await page.goto(path);
    await fill(page, { "Access token": here.access });
    await click(page, button);
  };
  await ask("/api/sessions/", "GET");
  const shown = await page.locator("pre").last().innerText();
  const other = JSON.parse(shown).find((session) => !session.current);
  assert.equal(await page.getByLabel("Access token").inputValue(), "", "a credential is shown again");
  await ask(`/api/sessions/${other.id}/`, "DELETE");
  assert.equal(await status(page), "HTTP 204 No Content");
  assert.equal((await post("/api/token/refresh/", { refresh: there.refresh })).status, 401);
  assert.equal((await post("/api/token/refresh/", { refresh: here.refresh })).status, 200);
  assert.deepEqual(noted, []);
});

test("a browser that is asked who it is logs in and comes back", async () => {
  const { page, noted } = await visitor();
  const username = await newUser({ staff: true });
  assert.equal((await page.goto("/api/me/")).status(), 401);
  await leads(page, page.getByRole("link", { name: "Log in" }).click());
  await fill(page, { Username: username, Password: PASSWORD });
  await click(page, "Log in");
  assert.equal(page.url(), `${SITE}/api/me/`);
  assert.equal(await status(page), "HTTP 200 OK");
  assert.match(await text(page), new RegExp(`Logged in as\\s+${username}`));
  assert.deepEqual(noted, []);
});

test("the document of the API is tried out without anything from elsewhere", async () => {
  const { context, page, noted } = await visitor({ javaScriptEnabled: true });
  const asked = [];
  context.on("request", (request) => asked.push(request.url()));
  await page.goto("/api/docs/");
  await page.getByText("/api/sign_up/", { exact: true }).first().waitFor();
  assert.deepEqual(asked.filter((url) => !url.startsWith(`${SITE}/api/`) && !url.startsWith("data:")), []);
  assert.deepEqual(noted.filter((line) => !line.startsWith("a request:")), []);
});

const PATHS = [
  ...["sign_up", "log_in", "token/refresh", "token/verify", "log_out", "me", "sessions", "log_out/others", "log_out/all",
    "password/change", "account/delete", "ws_ticket"].map((path) => `/api/${path}/`),
  "/api/sessions/0199f000-0000-7000-8000-000000000000/",
];
for (const path of PATHS) {
  test(`${path} is a page that asks for nothing but itself`, async () => {
    const { context, page, noted } = await visitor({ javaScriptEnabled: true });
    const asked = [];
    context.on("request", (request) => asked.push(request.url()));
    const answer = await page.goto(path);
    assert.match(answer.headers()["content-type"], /^text\/html/);
    await page.getByText(/^HTTP \d+ /).waitFor();
    assert.deepEqual(asked, [SITE + path]);
    assert.deepEqual(noted, []);
  });
}

test("a page that did ask for more, or ran something, would be noticed", async () => {
  const { page, noted } = await visitor({ javaScriptEnabled: true });
  await page.route("/broken/", async (route) => {
    const answer = await route.fetch({ url: `${SITE}/api/sign_up/`, headers: { accept: "text/html" } });
    const more = '<img src="/x.png"><script>alert(1)</script><p style="color: red"></p>';
    const body = (await answer.text()).replace("<main", `${more}<main`);
    await route.fulfill({ response: answer, body });
  });
  await page.goto("/broken/");
  assert.equal(noted.filter((line) => line.includes("Content Security Policy")).length, 3, noted.join("\n"));
});
