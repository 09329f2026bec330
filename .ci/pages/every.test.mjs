// What holds on every page, light and dark, on a desktop and on a phone.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { before, test } from "node:test";
import { administrator, DESKTOP, installed, newUser, openUser, overflow, PHONE, text, visitor } from "./browser.mjs";
import { ADMIN, BROWSABLE, LOG_IN, ODD_NAMES } from "./scenes.mjs";

let axe;
before(async () => {
  axe = await readFile(installed.resolve("axe-core/axe.min.js"), "utf8");
});

// axe is a script: its pages are the only ones that may run any, beside those that must show that they run none.
const WITH_AXE = { javaScriptEnabled: true, bypassCSP: true };
const somebody = () => visitor(WITH_AXE);
const staff = async () => {
  const there = await administrator(WITH_AXE);
  return Object.assign(there, { page: Object.assign(there.page, { own: there.username }) });
};

for (const [who, scenes] of [[somebody, BROWSABLE], [somebody, LOG_IN], [staff, ADMIN]]) {
  for (const [name, open] of Object.entries(scenes)) {
    test(`${name}: fits, and is accessible`, async (context) => {
      const there = await who();
      const { page } = there;
      await open(page);
      await page.evaluate(axe);
      for (const viewport of [DESKTOP, PHONE]) {
        await page.setViewportSize(viewport);
        assert.equal(await overflow(page), 0, `too wide at ${viewport.width}`);
        for (const colorScheme of ["light", "dark"]) {
          await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
          const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
          const told = violations.map(({ impact, id, nodes }) => `${impact} ${id}: ${nodes.map((node) => node.html).join(" ")}`);
          const grave = told.filter((line) => /^(serious|critical)/.test(line));
          assert.deepEqual(grave, [], `${colorScheme} at ${viewport.width}`);
          for (const line of told) context.diagnostic(`${colorScheme} at ${viewport.width}: ${line}`);
        }
      }
      assert.deepEqual(there.noted, []);
      await there.context.close();
    });
  }
}

test("names are shown as text, and run nothing where scripts could run", async () => {
  const { page, noted } = await administrator({ javaScriptEnabled: true });
  for (const name of ODD_NAMES) {
    const username = await newUser({ first: name, last: name });
    await openUser(page, username);
    assert.equal(await page.getByLabel("First name (optional)").inputValue(), name);
    await page.goto(`/admin/users/?q=${username}`);
    assert.ok((await text(page)).includes(name), name);
    for (const element of ["img", "svg", "script"]) assert.equal(await page.locator(element).count(), 0);
    await page.goto("/api/sign_up/");
    await page.getByLabel("First name (optional)").fill(name);
    await page.getByLabel("First name (optional)").evaluate((input) => input.form.submit());
    await page.locator("[aria-invalid=true]").first().waitFor();
    for (const element of ["img", "svg", "script"]) assert.equal(await page.locator(element).count(), 0);
  }
  assert.deepEqual(noted, []);
});
