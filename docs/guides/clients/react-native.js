import * as Crypto from "expo-crypto";
import * as SecureStore from "expo-secure-store";
import { AppState } from "react-native";
import { createSession, sameRecord } from "./session.js";
import { openSocket } from "./socket.js";

const NAME = "faregate.refresh";
const DEVICE = "faregate.device";

/** No backup brings it to another phone, which would be a second holder; a locked phone can refresh. */
const OPTIONS = { keychainAccessible: SecureStore.AFTER_FIRST_UNLOCK_THIS_DEVICE_ONLY };

/** In the phone's keychain, where it outlives the app's process. */
const secureStore = {
  async get() {
    const text = await SecureStore.getItemAsync(NAME);
    return text?.startsWith("{") ? JSON.parse(text) : text && { refresh: text }; // from before ids: the token alone
  },

  /** One after the other: nothing comes between the comparison and the writing. */
  replace(expected, next) {
    const mine = last.then(async () => {
      if (!sameRecord(await secureStore.get(), expected)) return false;
      await (next ? SecureStore.setItemAsync(NAME, JSON.stringify(next), OPTIONS) : SecureStore.deleteItemAsync(NAME));
      return true;
    });
    last = mine.catch(() => {});
    return mine;
  },

  device: {
    get: () => SecureStore.getItemAsync(DEVICE),
    set: (value) => SecureStore.setItemAsync(DEVICE, value, OPTIONS),
  },
};
let last = Promise.resolve();

/** React Native has no WebCrypto. */
const crypto = {
  sha256: (data) => Crypto.digest(Crypto.CryptoDigestAlgorithm.SHA256, data),
  randomBytes: (count) => Crypto.getRandomBytes(count),
};

/** `api` is like https://api.example.com, `socketUrl` like wss://sockets.example.com/ */
export function start({ api, socketUrl, onMessage, onStatus, onLoggedOut }) {
  const session = createSession({ url: api, store: secureStore, onLoggedOut, ...crypto });

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
