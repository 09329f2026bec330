// A browser for each file of tests, people who use it, and the operator. `.ci/pages.sh` sets the variables.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { after, before } from "node:test";

export const SITE = process.env.PAGES_SITE;
export const PASSWORD = "correct-horse-7";
/** The packages that `.ci/pages.sh` installed. */
export const installed = createRequire(`${process.env.PAGES_NODE_MODULES}/`);
export const DESKTOP = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };

const { chromium } = installed("playwright-core");
const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--no-proxy-server",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

/** A browser with a profile of its own, which is gone when it is closed. */
export const launch = (options) =>
  chromium.launch({ executablePath: process.env.CHROMIUM, headless: true, args: FLAGS, ...options });

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

/**
 * A page of a browser that has been nowhere yet, without JavaScript unless `options` say otherwise. In `noted` is what must not
 * be: errors, dialogs, requests that failed, and requests for anything but the document.
 */
export async function visitor(options = {}, { of = browser } = {}) {
  const context = await of.newContext({
    baseURL: SITE, javaScriptEnabled: false, viewport: DESKTOP, reducedMotion: "reduce", ...options,
  });
  context.setDefaultTimeout(10_000);
  const noted = [];
  context.on("console", (message) => {
    // Chromium says so of every document that is no 2xx.
    const isStatus = message.text().startsWith("Failed to load resource: the server responded with a status of 4");
    if (message.type() === "error" && !isStatus) noted.push(message.text());
  });
  context.on("weberror", (error) => noted.push(String(error.error())));
  context.on("dialog", (dialog) => {
    noted.push(`a dialog: ${dialog.message()}`);
    return dialog.dismiss();
  });
  context.on("request", (request) => {
    if (!request.isNavigationRequest()) noted.push(`a request: ${request.url()}`);
  });
  context.on("requestfailed", (request) => noted.push(`failed: ${request.url()} ${request.failure().errorText}`));
  return { context, page: await context.newPage(), noted };
}

/** A new administrator in a browser of their own. */
export async function administrator(options) {
  const username = await newUser({ staff: true });
  const there = await visitor(options);
  await logIn(there.page, username);
  return { ...there, username };
}

export async function logIn(page, username, password = PASSWORD) {
  await page.goto("/admin/");
  await fill(page, { Username: username, Password: password });
  await click(page, "Log in");
}

/** Fills in fields by their labels. */
export async function fill(page, fields) {
  for (const [label, text] of Object.entries(fields)) await page.getByLabel(label, { exact: true }).fill(text);
}

/** What is in fields, by their labels. */
export async function filled(page, ...labels) {
  return Promise.all(labels.map((label) => page.getByLabel(label, { exact: true }).inputValue()));
}

/** Does what leads to another page, and waits for that. */
export const leads = (page, deed) => Promise.all([page.waitForEvent("load"), deed]);
/** Presses a button of a page, or of a part of one. */
export const click = (place, name) => pressed(place, place.getByRole("button", { name, exact: true }));
/** Follows a link in the content of a page. */
export const follow = (page, name) => pressed(page, page.locator("main").getByRole("link", { name, exact: true }));
const pressed = (place, what) => leads(place.page?.() ?? place, what.click());
export const heading = (page) => page.getByRole("heading", { level: 1 }).innerText();
/** All that somebody can read. */
export const text = (page) => page.locator("body").innerText();

/** Waits for a text in the content of the page. */
export const says = (page, words) => page.locator("main").getByText(words).first().waitFor();

/** The operator's command; `input` is its standard input. */
export function faregate(words, input = "") {
  const [program, ...first] = process.env.PAGES_FAREGATE.split(" ");
  return new Promise((resolve, reject) => {
    const child = execFile(program, [...first, ...words], (error, out) => (error ? reject(error) : resolve(out)));
    child.stdin.end(input);
  });
}

/** A name that nobody else has; `begin` is its beginning. */
let count = 0;
export const newName = (begin = "user") => `${begin}.${process.pid}-${++count}`;

/** A new user, by the operator's command; gives the username. */
export async function newUser({ username = newName(), first = "", last = "", staff = false } = {}) {
  const words = ["users", "create", username, "--first-name", first, "--last-name", last, "--password-stdin"];
  await faregate(staff ? [...words, "--staff"] : words, `${PASSWORD}\n`);
  return username;
}

/** What the API answers to an app. */
export async function post(path, fields) {
  const headers = { "Content-Type": "application/json", "User-Agent": "Taxi/3.1 (iPhone; iOS 26.1)" };
  const response = await fetch(SITE + path, { method: "POST", headers, body: JSON.stringify(fields) });
  return { status: response.status, ...(await response.json()) };
}

/** Opens the page of the user `username` by the list. */
export async function openUser(page, username) {
  await page.goto("/admin/users/");
  await fill(page, { "Username begins with": username });
  await click(page, "Show");
  await follow(page, username);
  assert.equal(await heading(page), username);
}

/** How far the page is wider than its window, in pixels; a page that scrolls to the side is broken. */
export const overflow = (page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
