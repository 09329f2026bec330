// The pages of docs/ have the pictures that they show, and no other is kept.
import assert from "node:assert/strict";
import { readdir, readFile, stat } from "node:fs/promises";
import { test } from "node:test";

const DOCS = new URL("../../docs/", import.meta.url);

test("every picture of the documents is there, and every one that is there is shown", async () => {
  const documents = (await readdir(DOCS)).filter((name) => name.endsWith(".md"));
  const texts = await Promise.all(documents.map((name) => readFile(new URL(name, DOCS), "utf8")));
  const shown = texts.flatMap((text) => [...text.matchAll(/!\[[^\]]+\]\((images\/[^)]+)\)/g)].map(([, path]) => path));
  const kept = (await readdir(new URL("images/", DOCS))).map((name) => `images/${name}`);
  assert.ok(shown.length > 0);
  assert.deepEqual(shown.sort(), kept.sort());
  for (const path of shown) assert.ok((await stat(new URL(path, DOCS))).size > 1000, `${path} is empty`);
});
