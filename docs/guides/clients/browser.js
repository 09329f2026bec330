import { createSession, sameRecord } from "./session.js";
import { openSocket } from "./socket.js";

/** In memory: no other script of the site finds the token in a storage, and each tab has a session of its own. */
function memoryStore() {
  let record = null;
  return {
    get: () => record,
    replace(expected, next) {
      if (!sameRecord(record, expected)) return false;
      record = next;
      return true;
    },
  };
}

/** `api` is like https://api.example.com, `socketUrl` like wss://sockets.example.com/ */
export function start({ api, socketUrl, onMessage, onStatus, onLoggedOut }) {
  const session = createSession({ url: api, store: memoryStore(), onLoggedOut });

  /** After a log-in. */
  function connect() {
    const socket = openSocket({ url: socketUrl, session, by: "protocol", onMessage, onStatus });
    const wake = () => document.hidden || socket.wake();
    window.addEventListener("online", wake);
    document.addEventListener("visibilitychange", wake);
    return {
      ...socket,
      close() {
        window.removeEventListener("online", wake);
        document.removeEventListener("visibilitychange", wake);
        socket.close();
      },
    };
  }
  return { session, connect };
}
