import { openDB } from 'idb';

// What the door keeps on this phone. The list goes when she signs out (desk.js deletes its database); the taps that are
// still to be sent stay until they are, each under the name of who made it.

const lists = () =>
  openDB('ritrovo-door', 1, {
    upgrade: (db) => db.createObjectStore('lists'),
    blocking: (_current, _blocked, event) => event.target.close(),
  });
const marks = () =>
  openDB('ritrovo-door-marks', 1, {
    upgrade(db) {
      db.createObjectStore('marks', { keyPath: 'sequence' });
      db.createObjectStore('phone');
    },
  });

/** Her list of an event, where this phone has it. */
export async function loadList(event, who) {
  const db = await lists();
  const list = await db.get('lists', event);
  db.close();
  return list?.who === who ? list : null;
}

/** Keeps the list, and none of anybody else or of evenings long over. */
export async function saveList(event, list) {
  const db = await lists();
  const tx = db.transaction('lists', 'readwrite');
  for await (const cursor of tx.store) {
    if (cursor.value.who !== list.who || cursor.value.keepUntil < Date.now()) await cursor.delete();
  }
  if (list.keepUntil > Date.now()) await tx.store.put(list, event);
  await tx.done;
  db.close();
  // Any page of the desk forgets what is over by then (desk.js).
  const until = Math.max(list.keepUntil, Number(localStorage.getItem('ritrovo-door-until') ?? 0));
  localStorage.setItem('ritrovo-door-until', String(until));
}

export async function dropList(event) {
  const db = await lists();
  await db.delete('lists', event);
  db.close();
}

/** The taps of an event that are still to be sent, in their order: hers, and how many are somebody else's. */
export async function loadMarks(event, who) {
  const db = await marks();
  const all = (await db.getAll('marks')).filter((mark) => mark.event === event);
  db.close();
  return {
    mine: all.filter((mark) => mark.who === who),
    others: all.filter((mark) => mark.who !== who).length,
  };
}

/** Keeps a tap before anything else happens to it. Its number and time come after all that this phone gave before. */
export async function addMark(mark, after) {
  const db = await marks();
  const tx = db.transaction(['marks', 'phone'], 'readwrite');
  const phone = tx.objectStore('phone');
  const last = (await phone.get('last')) ?? { sequence: 0, at: 0 };
  const at = Math.max(Date.now(), last.at + 1, after + 1);
  const kept = { ...mark, sequence: last.sequence + 1, at };
  await phone.put({ sequence: kept.sequence, at }, 'last');
  await tx.objectStore('marks').add(kept);
  await tx.done;
  db.close();
  return kept;
}

export async function dropMarks(sequences) {
  const db = await marks();
  const tx = db.transaction('marks', 'readwrite');
  await Promise.all(sequences.map((sequence) => tx.store.delete(sequence)));
  await tx.done;
  db.close();
}

/** This browser's own name, by which its taps are told from those of others. */
export async function deviceId() {
  const db = await marks();
  const tx = db.transaction('phone', 'readwrite');
  let id = await tx.store.get('device');
  if (!id) {
    id = newId();
    await tx.store.put(id, 'device');
  }
  await tx.done;
  db.close();
  return id;
}

/** A random UUID (RFC 9562, version 4), also where the page came without TLS. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
