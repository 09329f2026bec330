// docs/pages.md has the pictures that it shows, and no other is kept.
import assert from "node:assert/strict";
import { readdir, readFile, stat } from "node:fs/promises";
import { test } from "node:test";

const DOCS = new URL("../../docs/", import.meta.url);

test("every picture of docs/pages.md is there, and every one that is there is shown", async () => {
  const page = await readFile(new URL("pages.md", DOCS), "utf8");
  const shown = [...page.matchAll(/!\[[^\]]+\]\((images\/[^)]+)\)/g)].map(([, path]) => path);
  const kept = (await readdir(new URL("images/", DOCS))).map((name) => `images/${name}`);
  assert.ok(shown.length > 0);
  assert.deepEqual(shown.sort(), kept.sort());
  for (const path of shown) assert.ok((await stat(new URL(path, DOCS))).size > 1000, `${path} is empty`);
});
