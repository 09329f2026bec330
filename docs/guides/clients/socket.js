import { LoggedOut, TryLater, systemClock } from "./session.js";

/** What proves who we are; each gives the arguments of `new WebSocket`. */
const WAYS = {
  /** Browsers: the token after `bearer` among the subprotocols. */
  protocol: async (session, url, protocols) => [url, [...protocols, "bearer", await session.accessToken()]],

  /** React Native: a header. */
  header: async (session, url, protocols) => [
    url,
    protocols.length ? protocols : undefined,
    { headers: { Authorization: `Bearer ${await session.accessToken()}` } },
  ],

  /** Everything else: a ticket in the URL, good for 30 seconds and one connection. */
  ticket: async (session, url, protocols) => {
    const response = await session.authorizedFetch("/api/ws_ticket/", { method: "POST" });
    if (!response.ok) throw new TryLater(`status ${response.status}`);
    const { ticket } = await response.json();
    return [`${url}?ticket=${encodeURIComponent(ticket)}`, protocols.length ? protocols : undefined];
  },
};

const OPEN = 1;
const HANDSHAKE_MS = 15_000;
/** API Gateway closes a socket after ten idle minutes. */
const HEARTBEAT_MS = 4 * 60_000;
const ANSWER_MS = 10_000;
const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 30_000;

/**
 * Holds a WebSocket open until `close()` or the session's end.
 *
 * @param {object} options
 * @param {string} options.url of the socket, `wss://...`
 * @param {object} options.session from `createSession`
 * @param {"protocol" | "header" | "ticket"} options.by browsers take `protocol`, React Native `header`
 * @param {string[]} [options.protocols] your own subprotocols, best first
 * @param {(data: string) => void} [options.onMessage] what the server sends, answers to heart-beats too
 * @param {(status: "connecting" | "open" | "waiting" | "closed") => void} [options.onStatus]
 */
export function openSocket({
  url, session, by, protocols = [], onMessage = () => {}, onStatus = () => {},
  WebSocket = globalThis.WebSocket, clock = systemClock, random = Math.random,
}) {
  if (!WAYS[by]) throw new TypeError(`by is one of ${Object.keys(WAYS)}`);
  let status;
  let current = null; // { socket, openedAt }: the attempt or connection; what an earlier one still says is ignored
  let timer; // there is one thing to wait for at any time
  let failures = 0;
  let refused = false;

  function become(next) {
    status = next;
    onStatus(next);
  }

  function after(ms, action) {
    clock.clearTimeout(timer);
    timer = clock.setTimeout(action, ms);
  }

  async function connect() {
    const mine = { socket: null, openedAt: null };
    const ifCurrent = (action) => (event) => mine === current && action(event);
    current = mine;
    after(HANDSHAKE_MS, lose);
    become("connecting");
    let handshake;
    try {
      // A browser is not told why a handshake was refused. This request is, and it replaces a token that is no good.
      if (refused) await session.authorizedFetch("/api/me/");
      handshake = await WAYS[by](session, url, protocols);
    } catch (error) {
      if (mine === current) error instanceof LoggedOut ? close() : wait(error.afterMs);
      return;
    }
    if (mine !== current) return;
    mine.socket = new WebSocket(...handshake);
    mine.socket.onopen = ifCurrent(() => {
      mine.openedAt = clock.now();
      after(HEARTBEAT_MS, beat);
      become("open");
    });
    mine.socket.onmessage = ifCurrent(({ data }) => {
      after(HEARTBEAT_MS, beat);
      onMessage(data);
    });
    mine.socket.onclose = ifCurrent(lose);
    mine.socket.onerror = () => {}; // a close follows
  }

  /** Every message is answered. Silence means that the connection is gone: the phone changed networks, say. */
  function beat() {
    current.socket.send("ping");
    after(ANSWER_MS, lose);
  }

  /** The connection closed, or is given up without waiting for its goodbye. */
  function lose() {
    const { socket, openedAt } = current;
    refused = openedAt === null;
    if (openedAt !== null && clock.now() - openedAt >= LONGEST_DELAY_MS) failures = 0;
    wait();
    socket?.close();
  }

  /** Until the next attempt: longer after each failure, and not in step with everybody else. */
  function wait(atLeastMs = 0) {
    const delay = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** failures) * (0.5 + random() / 2);
    failures += 1;
    current = null;
    after(Math.max(delay, atLeastMs), connect);
    become("waiting");
  }

  function close() {
    const socket = current?.socket;
    clock.clearTimeout(timer);
    current = null;
    become("closed");
    socket?.close(1000);
  }

  connect();
  return {
    close,

    /** Sends a text now, or says false: there is no connection. */
    send(text) {
      if (status !== "open" || current.socket.readyState !== OPEN) return false;
      current.socket.send(text);
      return true;
    },

    /** Call it when the phone wakes up or the network is back: tries now, or finds out whether the connection lives. */
    wake() {
      if (status === "waiting") connect();
      else if (status === "open") beat();
    },
  };
}
