import { chmodSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/** Held until `release()`, or until the process is gone, however it went. */
export interface Lock {
  release(): void;
}

// A forgotten handle would be closed by the garbage collector, and the lock with it.
const held = new Set<Lock>();

const SQLITE_BUSY = 5;

/**
 * Takes the lock on `file`, or gives null at once where another process (or another caller in this one) has it.
 * A file that names a pid stays behind after kill -9, and the pid may be somebody else's by then. An operating
 * system's file lock dies with its holder; the only one that Node can reach is SQLite's. Nothing is stored.
 */
export function tryLock(file: string): Lock | null {
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    // Somebody else's process must not be able to hold it.
    chmodSync(file, 0o600);
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return null;
    throw error;
  }
  const lock: Lock = {
    release() {
      if (held.delete(lock)) database.close();
    },
  };
  held.add(lock);
  return lock;
}
