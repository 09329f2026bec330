import * as SecureStore from "expo-secure-store";
import { AppState } from "react-native";
import { createSession } from "./session.js";
import { openSocket } from "./socket.js";

const NAME = "faregate.refresh";

/** In the phone's keychain, where it outlives the app's process. */
const secureStore = {
  get: () => SecureStore.getItemAsync(NAME),
  set: (token) => SecureStore.setItemAsync(NAME, token),
  clear: () => SecureStore.deleteItemAsync(NAME),
};

/** `api` is like https://api.example.com, `socketUrl` like wss://sockets.example.com/ */
export function start({ api, socketUrl, onMessage, onStatus, onLoggedOut }) {
  const session = createSession({ url: api, store: secureStore, onLoggedOut });

  /** After a log-in, and at the start of the app when somebody is still logged in. */
  function connect() {
    const socket = openSocket({ url: socketUrl, session, by: "header", onMessage, onStatus });
    const subscription = AppState.addEventListener("change", (state) => state === "active" && socket.wake());
    return {
      ...socket,
      close() {
        subscription.remove();
        socket.close();
      },
    };
  }
  return { session, connect };
}
