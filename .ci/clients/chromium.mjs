// Chromium, and a server of a page that uses the clients of the guide.
import { readFile } from "node:fs/promises";
import http from "node:http";
import { installed } from "./service.mjs";

const { chromium } = installed("playwright-core");
const CLIENTS = new URL("../../docs/guides/clients/", import.meta.url);
const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--no-proxy-server",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

export const launch = () => chromium.launch({ executablePath: process.env.CHROMIUM, args: FLAGS });

/** A server on a port of its own, whose requests `answer` answers. */
export async function listening(answer) {
  const server = http.createServer(answer);
  await new Promise((listens) => server.listen(0, "127.0.0.1", listens));
  return server;
}

/** A server of `page` and of the files that it imports. */
export const serving = (page) => listening(async ({ url }, response) => {
  if (url === "/") return response.setHeader("Content-Type", "text/html").end(page);
  const text = await readFile(new URL(`.${url}`, CLIENTS)).catch(() => null);
  response.writeHead(text ? 200 : 404, { "Content-Type": "text/javascript" }).end(text);
});
