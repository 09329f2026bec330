import { same, type DeviceStore, type Rec, type Store } from "./faregate.js";

/** For as long as the process or the page lives. In a browser each tab then has a session of its own. */
export function memoryStore(record: Rec | null = null): Store & { device: DeviceStore } {
  let known: string | null = null;
  return {
    device: { read: async () => known, write: async (value) => void (known = value) },
    read: async () => record,
    async replace(expected, next) {
      if (!same(record, expected)) return false;
      record = next;
      return true;
    },
  };
}

/**
 * In IndexedDB: all tabs of an origin share one session, which outlives them. A transaction is what makes `replace`
 * atomic between tabs. localStorage could not, not even under a Web Lock: a tab may read its process's older copy.
 */
export function indexedDbStore(name = "faregate"): Store & { device: DeviceStore } {
  const open = () => new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => request.result.createObjectStore("session");
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

  async function transact<S, T>(
    mode: IDBTransactionMode, key: string, work: (entries: IDBObjectStore, stored: S | null) => T,
  ) {
    const database = await open();
    try {
      return await new Promise<T>((resolve, reject) => {
        const transaction = database.transaction("session", mode, { durability: "strict" });
        const entries = transaction.objectStore("session");
        const reading: IDBRequest<S | undefined> = entries.get(key);
        let result: T;
        reading.onsuccess = () => (result = work(entries, reading.result ?? null));
        transaction.oncomplete = () => resolve(result); // with "strict" it is on the disk
        transaction.onabort = () => reject(transaction.error);
      });
    } finally {
      database.close();
    }
  }

  return {
    read: () => transact("readonly", "record", (_, stored: Rec | null) => stored),
    replace: (expected, next) => transact("readwrite", "record", (entries, stored: Rec | null) => {
      if (!same(stored, expected)) return false;
      if (next) entries.put(next, "record");
      else entries.delete("record");
      return true;
    }),
    device: {
      read: () => transact("readonly", "device", (_, stored: string | null) => stored),
      write: (value) => transact("readwrite", "device", (entries) => void entries.put(value, "device")),
    },
  };
}
