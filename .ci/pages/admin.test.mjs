// The admin site, as administrators use it. Nothing on it needs JavaScript: their browsers have none.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  administrator, click, faregate, fill, filled, follow, heading, launch, leads, logIn, newName, newUser, openUser, PASSWORD,
  post, says, SITE, text, visitor,
} from "./browser.mjs";

const firstName = "First name (optional)";
const lastName = "Last name (optional)";
const row = (page, username) => page.locator("tbody tr", { hasText: username });
const shown = (page) => page.locator("tbody th").allInnerTexts();

test("an administrator finds a user by name, by access, and by id", async () => {
  const { page, noted } = await administrator();
  const begin = newName("findme");
  const rita = await newUser({ username: `${begin}.rita`, first: "Rita" });
  const max = await newUser({ username: `${begin}.max` });
  const boss = await newUser({ username: `${begin}.boss`, staff: true });
  await faregate(["users", "deactivate", max]);
  const find = async (fields, choices = {}) => {
    await page.goto("/admin/users/");
    await fill(page, fields);
    for (const [label, choice] of Object.entries(choices)) await page.getByLabel(label).selectOption(choice);
    await click(page, "Show");
    return shown(page);
  };
  const byName = { "Username begins with": begin };
  assert.deepEqual(await find(byName), [boss, max, rita]);
  assert.match(await row(page, max).innerText(), /Inactive/);
  assert.deepEqual(await find(byName, { "May log in": "Yes" }), [boss, rita]);
  assert.deepEqual(await find(byName, { "May log in": "No" }), [max]);
  assert.deepEqual(await find(byName, { Staff: "Yes" }), [boss]);
  assert.deepEqual(await find({ "Username begins with": `${begin}.nobody` }), []);
  await says(page, "Nobody is like this");
  await follow(page, "Show all");
  assert.equal(page.url(), `${SITE}/admin/users/`);
  await openUser(page, rita);
  const id = new URL(page.url()).pathname.split("/")[3];
  await find({ "Username begins with": id });
  assert.equal(await heading(page), rita);
  assert.deepEqual(noted, []);
});

test("an administrator adds a user and corrects what is wrong with it", async () => {
  const { page, noted } = await administrator();
  const username = newName();
  await page.goto("/admin/users/");
  await follow(page, "Add user");
  await fill(page, { Username: username, [firstName]: "Rita", Password: PASSWORD, "Password, once more": "other" });
  await click(page, "Add");
  await says(page, "Passwords must match.");
  assert.deepEqual(await filled(page, "Username", firstName, "Password", "Password, once more"), [username, "Rita", "", ""]);
  await fill(page, { Password: PASSWORD, "Password, once more": PASSWORD });
  await click(page, "Add");
  await says(page, "The user is added.");
  assert.equal((await post("/api/log_in/", { username, password: PASSWORD })).status, 200);
  assert.deepEqual(noted, []);
});

test("an administrator edits, deactivates, activates, and gives a new password", async () => {
  const { page, noted } = await administrator();
  const username = await newUser();
  const entered = async (password) => (await post("/api/log_in/", { username, password })).status;
  await openUser(page, username);
  await fill(page, { [firstName]: "Rita", [lastName]: "Rider" });
  await click(page, "Save names");
  await says(page, "The names are saved.");
  await page.reload();
  assert.deepEqual(await filled(page, firstName, lastName), ["Rita", "Rider"]);

  await click(page, "Deactivate");
  await says(page, "The user is deactivated");
  assert.equal(await entered(PASSWORD), 401);
  await click(page, "Activate");
  await says(page, "The user may log in again.");
  assert.equal(await entered(PASSWORD), 200);

  await follow(page, "Set password…");
  await fill(page, { "New password": "12345678", "New password, once more": "12345678" });
  await click(page, "Set password");
  await says(page, "entirely numeric");
  await fill(page, { "New password": "another-Oak-77", "New password, once more": "another-Oak-77" });
  await click(page, "Set password");
  await says(page, "The password is set");
  assert.deepEqual([await entered(PASSWORD), await entered("another-Oak-77")], [401, 200]);
  assert.deepEqual(noted, []);
});

test("an administrator ends a session, deletes a user, and finds all of it in the trail", async () => {
  const { page, noted, username: own } = await administrator();
  const username = await newUser();
  const credentials = { username, password: PASSWORD };
  const phone = await post("/api/log_in/", { ...credentials, device_name: "Rita's phone" });
  const watch = await post("/api/log_in/", { ...credentials, device_name: "Rita's watch" });
  await openUser(page, username);
  await leads(page, row(page, "Rita's phone").getByRole("button").click());
  await says(page, "The session is over.");
  assert.equal((await post("/api/token/refresh/", { refresh: phone.refresh })).status, 401);
  assert.equal((await post("/api/token/refresh/", { refresh: watch.refresh })).status, 200);

  await follow(page, "Delete user…");
  await fill(page, { "To delete this user, type the username": "somebody" });
  await click(page, "Delete user");
  await page.locator("[aria-invalid=true]").waitFor();
  await fill(page, { "To delete this user, type the username": username });
  await click(page, "Delete user");
  await says(page, "The user is deleted");
  assert.equal((await post("/api/log_in/", credentials)).status, 401);

  await page.getByRole("link", { name: "Audit trail" }).click();
  await says(page, "The newest first.");
  assert.equal(await heading(page), "Audit trail");
  const done = await row(page, own).allInnerTexts();
  for (const deed of ["Ended a session", "Deleted the user", "Logged in here"]) {
    assert.ok(done.some((line) => line.includes(deed)), deed);
  }
  assert.deepEqual(noted, []);
});

test("after a log-out, going back and loading again show the log-in and nothing of what was there", async () => {
  // As people have it: pages that were left are kept in memory, to be shown again when somebody goes back.
  const browser = await launch({ ignoreDefaultArgs: ["--disable-back-forward-cache"] });
  try {
    const username = await newUser({ staff: true });
    const { page, noted } = await visitor({}, { of: browser });
    await logIn(page, username);
    await openUser(page, username);
    await click(page, "Log out");
    await says(page, "You are logged out.");
    for (let times = 0; times < 3; times += 1) {
      await page.goBack();
      assert.equal(await heading(page), "Log in");
      assert.ok(!(await text(page)).includes(username));
    }
    await page.reload();
    assert.equal(await heading(page), "Log in");
    await page.goto("/admin/users/");
    assert.equal(await heading(page), "Log in");
    assert.deepEqual(noted, []);
  } finally {
    await browser.close();
  }
});

test("the later of two administrators is told, and has what was typed", async () => {
  const [ann, ben] = [await administrator(), await administrator()];
  const username = await newUser();
  await openUser(ann.page, username);
  await openUser(ben.page, username);
  await fill(ann.page, { [firstName]: "Benjamin" });
  await click(ann.page, "Save names");
  await says(ann.page, "The names are saved.");
  await fill(ben.page, { [firstName]: "Benno", [lastName]: "Fähre" });
  await click(ben.page, "Save names");
  await says(ben.page, "Somebody else changed this user");
  await says(ben.page, "Benjamin");
  assert.deepEqual(await filled(ben.page, firstName, lastName), ["Benno", "Fähre"]);
  await click(ben.page, "Save names");
  await says(ben.page, "The names are saved.");
  assert.deepEqual(await filled(ben.page, firstName, lastName), ["Benno", "Fähre"]);
  assert.deepEqual([...ann.noted, ...ben.noted], []);
});

test("an administrator who is deactivated is out at the next click, and what was sent then is not done", async () => {
  const [ann, ben] = [await administrator(), await administrator()];
  const username = await newUser();
  await openUser(ben.page, username);
  await fill(ben.page, { [firstName]: "Never" });
  await openUser(ann.page, ben.username);
  await click(ann.page, "Deactivate");
  await says(ann.page, "The user is deactivated");
  await click(ben.page, "Save names");
  await says(ben.page, "Your session was over. Nothing was changed");
  await ben.page.goto("/admin/users/");
  assert.equal(await heading(ben.page), "Log in");
  await openUser(ann.page, username);
  assert.deepEqual(await filled(ann.page, firstName), [""]);
  assert.deepEqual([...ann.noted, ...ben.noted], []);
});

test("cookies are for this host alone, for no script, and for no other site", async () => {
  const { context, page, username } = await administrator();
  const named = Object.fromEntries((await context.cookies()).map((cookie) => [cookie.name, cookie]));
  const names = ["__Host-faregate_admin", "__Host-faregate_browser", "__Host-faregate_log_in"];
  assert.deepEqual(Object.keys(named).sort(), names);
  for (const { name, httpOnly, secure, sameSite, path, domain, expires } of Object.values(named)) {
    const wanted = { httpOnly: true, secure: true, sameSite: "Strict", path: "/", domain: "localhost" };
    assert.deepEqual({ httpOnly, secure, sameSite, path, domain }, wanted);
    // The one by which the browser is known again outlives it.
    assert.equal(expires === -1, name !== "__Host-faregate_browser", name);
  }
  await click(page, "Log out");
  assert.ok(!(await context.cookies()).some((cookie) => cookie.name === "__Host-faregate_admin"));
  const stolen = await visitor();
  await stolen.context.addCookies([{ ...named["__Host-faregate_admin"], expires: -1 }]);
  await stolen.page.goto("/admin/users/");
  assert.equal(await heading(stolen.page), "Log in", `${username}'s cookie outlives the log-out`);
});

test("a keyboard is enough to log in and to edit", async () => {
  const username = await newUser({ staff: true });
  const { page, noted } = await visitor();
  const press = (key) => page.keyboard.press(key);
  const isFocused = (place) => place.evaluate((element) => element === document.activeElement);
  const tabTo = async (place) => {
    for (let presses = 0; presses < 60; presses += 1) {
      if (await isFocused(place)) return;
      await press("Tab");
    }
    assert.fail(`no Tab leads to ${place}`);
  };
  const skip = page.getByRole("link", { name: "Skip to the content" });
  const skipFirst = async () => {
    await press("Tab");
    assert.ok(await isFocused(skip), "the first Tab is for the skip link");
    assert.ok((await skip.boundingBox()).y >= 0, "it can be seen");
    await press("Enter");
    await press("Tab");
    const inside = await page.evaluate(() => document.querySelector("main").contains(document.activeElement));
    assert.ok(inside, "it leads into the content");
  };
  await page.goto("/admin/");
  await skipFirst();
  await tabTo(page.getByLabel("Username", { exact: true }));
  await page.keyboard.type(username);
  await press("Tab");
  await page.keyboard.type(PASSWORD);
  await Promise.all([page.waitForURL("**/admin/users/"), press("Enter")]);
  await skipFirst();
  await tabTo(page.getByLabel("Username begins with"));
  await page.keyboard.type(username);
  await Promise.all([page.waitForURL("**/admin/users/?q=*"), press("Enter")]);
  await tabTo(page.locator("tbody").getByRole("link", { name: username }));
  await Promise.all([page.waitForURL("**/admin/users/*/"), press("Enter")]);
  await tabTo(page.getByLabel(firstName));
  await page.keyboard.type("Ann");
  await Promise.all([page.waitForURL("**done=names"), press("Enter")]);
  assert.deepEqual(await filled(page, firstName), ["Ann"]);
  assert.deepEqual(noted, []);
});

test("every place that a keyboard reaches shows that it is there", async () => {
  const { page, username } = await administrator();
  for (const path of ["/admin/users/", "/admin/users/add/", "/admin/trail/", "/api/sign_up/"]) {
    await page.goto(path);
    const places = await page.locator("a, button, input:not([type=hidden]), select, textarea").count();
    for (let presses = 0; presses < Math.min(places, 40); presses += 1) {
      await page.keyboard.press("Tab");
      const bare = await page.evaluate(() => {
        const style = getComputedStyle(document.activeElement);
        const seen = document.activeElement === document.body || parseFloat(style.outlineWidth) >= 2;
        return seen ? null : document.activeElement.outerHTML;
      });
      assert.equal(bare, null, `${path} of ${username}`);
    }
  }
});

test("where there is no page, there is a way back", async () => {
  const { page, noted } = await administrator();
  assert.equal((await page.goto("/admin/users/nobody/")).status(), 404);
  await says(page, "There is nothing here");
  await follow(page, "To the list of users");
  assert.equal(page.url(), `${SITE}/admin/users/`);
  assert.deepEqual(noted, []);
});
