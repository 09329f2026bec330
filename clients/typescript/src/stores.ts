import { same, type Rec, type Store } from "./faregate.js";

/** For as long as the process or the page lives. In a browser each tab then has a session of its own. */
export function memoryStore(record: Rec | null = null): Store {
  return {
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
export function indexedDbStore(name = "faregate"): Store {
  const open = () => new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => request.result.createObjectStore("session");
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

  async function transact<T>(mode: IDBTransactionMode, work: (records: IDBObjectStore, stored: Rec | null) => T) {
    const database = await open();
    try {
      return await new Promise<T>((resolve, reject) => {
        const transaction = database.transaction("session", mode, { durability: "strict" });
        const records = transaction.objectStore("session");
        const reading: IDBRequest<Rec | undefined> = records.get("record");
        let result: T;
        reading.onsuccess = () => (result = work(records, reading.result ?? null));
        transaction.oncomplete = () => resolve(result); // with "strict" it is on the disk
        transaction.onabort = () => reject(transaction.error);
      });
    } finally {
      database.close();
    }
  }

  return {
    read: () => transact("readonly", (_, stored) => stored),
    replace: (expected, next) => transact("readwrite", (records, stored) => {
      if (!same(stored, expected)) return false;
      if (next) records.put(next, "record");
      else records.delete("record");
      return true;
    }),
  };
}
