// The pictures of docs/pages.md. Dates and ids in them differ each time, so nothing compares them.
import assert from "node:assert/strict";
import { mkdir, stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { click, DESKTOP, faregate, fill, logIn, newUser, openUser, PHONE, visitor } from "./browser.mjs";
import { conflict, rita } from "./scenes.mjs";

const IMAGES = fileURLToPath(new URL("../../docs/images/", import.meta.url));
const MOST_BYTES = 150_000;

const PEOPLE = [
  ["max@example.com", "Max", "Wagner"], ["noor.haddad", "Noor", "Haddad"], ["k_tanaka", "Keiko", "Tanaka"],
  ["o.svensson", "Olof", "Svensson"], ["taxi-4711", "", ""], ["lucia@example.com", "Lucía", "Fernández"],
];

async function picture(page, name) {
  const path = `${IMAGES}${name}.png`;
  await page.screenshot({ path });
  const { size } = await stat(path);
  assert.ok(size < MOST_BYTES, `${name} has ${size} bytes`);
}

test("the pictures are made", async () => {
  await mkdir(IMAGES, { recursive: true });
  for (const [username, first, last] of PEOPLE) await newUser({ username, first, last });
  await faregate(["users", "deactivate", "taxi-4711"]);
  await rita("rider@example.com");
  await newUser({ username: "ann", first: "Ann", last: "Berg", staff: true });

  const somebody = await visitor({ colorScheme: "light" });
  await somebody.page.goto("/api/sign_up/");
  await picture(somebody.page, "sign-up");
  await somebody.page.emulateMedia({ colorScheme: "dark" });
  await fill(somebody.page, { Username: "rider@example.com", Password1: "123", Password2: "1234" });
  await click(somebody.page.locator("form", { hasText: "By fields" }), "POST");
  await somebody.page.locator("#post").evaluate((form) => form.scrollIntoView());
  await picture(somebody.page, "sign-up-errors");

  const ann = await visitor({ colorScheme: "light" });
  await ann.page.goto("/admin/");
  await picture(ann.page, "log-in");
  await logIn(ann.page, "ann");
  await picture(ann.page, "users");
  await ann.page.emulateMedia({ colorScheme: "dark" });
  await openUser(ann.page, "rider@example.com");
  await picture(ann.page, "user");
  await conflict(ann.page, "rider@example.com");
  await ann.page.setViewportSize(PHONE);
  await picture(ann.page, "user-changed-phone");
  await ann.page.emulateMedia({ colorScheme: "light" });
  await ann.page.goto("/admin/users/?staff=no");
  await ann.page.locator(".scroll").evaluate((list) => list.scrollIntoView());
  await picture(ann.page, "users-phone");
  await ann.page.setViewportSize(DESKTOP);
  await ann.page.goto("/admin/trail/");
  await picture(ann.page, "trail");
});
