// A network that loses, cuts, doubles, delays and repeats: an HTTP proxy before the service. What becomes of the n-th
// request is decided by the seed alone.
import http from "node:http";
import type { AddressInfo } from "node:net";
import { seeded } from "./fakes.js";

export const FATES = ["question lost", "answer lost", "answer cut", "doubled", "delayed", "repeated late"] as const;
export type Fate = (typeof FATES)[number] | "passed";

export interface Network {
  seed: number;
  /** How often each fate comes, from 0 to 1; the rest is passed. */
  odds: Partial<Record<Fate, number>>;
}

interface Question {
  method: string;
  path: string;
  headers: http.IncomingHttpHeaders;
  body: Buffer;
}
interface Answer {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: Buffer;
}

async function whole(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export class Proxy {
  url = "";
  /** How often each fate came, and with which status the copies were answered that came late. */
  counts: Record<string, number> = {};
  lateStatuses: Record<number, number> = {};
  private requests: string[] = [];
  private copies: { due: number; question: Question }[] = [];
  private random: () => number;
  private server = http.createServer((request, response) => void this.take(request, response));
  private agent = new http.Agent({ keepAlive: true });

  constructor(private target: string, private network: Network = { seed: 0, odds: {} }) {
    this.random = seeded(network.seed);
  }

  static async before(target: string, network?: Network): Promise<Proxy> {
    const proxy = new Proxy(target, network);
    await new Promise<void>((listening) => proxy.server.listen(0, "127.0.0.1", listening));
    proxy.url = `http://127.0.0.1:${(proxy.server.address() as AddressInfo).port}`;
    return proxy;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
    this.agent.destroy();
  }

  count(path: string): number {
    return this.requests.filter((each) => each === path).length;
  }

  private decide(): Fate {
    let left = this.random();
    const fate = FATES.find((each) => (left -= this.network.odds[each] ?? 0) < 0) ?? "passed";
    this.counts[fate] = (this.counts[fate] ?? 0) + 1;
    return fate;
  }

  private async take(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const [fate, chance] = [this.decide(), this.random()];
    const number = this.requests.push(request.url!);
    try {
      const body = await whole(request);
      const question = { method: request.method!, path: request.url!, headers: request.headers, body };
      await this.deliverCopies(number);
      if (fate === "repeated late") this.copies.push({ due: number + 2 + Math.floor(chance * 8), question });
      if (fate === "delayed") await new Promise((passed) => setTimeout(passed, chance * 30));
      if (fate === "question lost") return void request.socket.destroy();
      const answer = await (fate === "doubled"
        ? Promise.any([this.forward(question), this.forward(question)])
        : this.forward(question));
      if (fate === "answer lost") return void request.socket.destroy();
      response.writeHead(answer.status, answer.headers);
      if (fate !== "answer cut") return void response.end(answer.body);
      const part = answer.body.subarray(0, Math.floor(chance * answer.body.length));
      response.write(part.length ? part : answer.body.subarray(0, 1), () => request.socket.destroy());
    } catch {
      request.socket.destroy();
    }
  }

  /** The copies that have waited for long enough arrive, and nobody waits for their answers. */
  private async deliverCopies(number: number): Promise<void> {
    const due = this.copies.filter((copy) => copy.due <= number);
    this.copies = this.copies.filter((copy) => copy.due > number);
    for (const { question } of due) {
      const { status } = await this.forward(question);
      this.lateStatuses[status] = (this.lateStatuses[status] ?? 0) + 1;
    }
  }

  private forward({ method, path, headers, body }: Question): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const { connection: _, ...rest } = headers;
      const request = http.request(this.target + path, { method, headers: rest, agent: this.agent }, async (answer) => {
        const { connection: _, "transfer-encoding": __, "keep-alive": ___, ...kept } = answer.headers;
        const body = await whole(answer);
        resolve({ status: answer.statusCode!, headers: { ...kept, "content-length": String(body.length) }, body });
      });
      request.on("error", reject);
      request.end(body);
    });
  }
}
