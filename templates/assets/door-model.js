// What the door's list looks like once the taps that are still to be sent are counted in. Nothing here touches the page.

/** The list's people with the taps of the outbox on top, in the order of their names; who was added here comes last. */
export function withMarks(people, marks) {
  const rows = new Map(people.map((person) => [person.id, structuredClone(person)]));
  for (const mark of marks) {
    const key = mark.personId ?? mark.walkIn;
    let row = rows.get(key);
    if (!row && mark.name) {
      row = {
        id: key,
        name: mark.name,
        guests: [],
        codes: [],
        at: 0,
        going: false,
        walkIn: true,
        isLocal: true,
      };
      Object.assign(row, { mode: mark.mode, present: null, detail: null, welcome: null });
      rows.set(key, row);
    }
    if (!row) continue;
    const guest = mark.guest === undefined ? row : row.guests.find(({ position }) => position === mark.guest);
    if (!guest) continue;
    guest.present = mark.guest === undefined ? mark.mode : mark.mode !== null;
    row.at = Math.max(row.at, mark.at);
  }
  return markTwins([...rows.values()]);
}

/** A walk-in whose name is there a second time may be somebody expected, or somebody whom another phone wrote down too. */
function markTwins(rows) {
  const times = new Map();
  const counted = rows.filter((row) => row.going || isHere(row));
  for (const { name } of counted) times.set(plain(name), (times.get(plain(name)) ?? 0) + 1);
  for (const row of rows) row.isTwin = row.walkIn && isHere(row) && times.get(plain(row.name)) > 1;
  return rows;
}

const isHere = (row) => row.present !== null;

/** A name as it is compared: without accents, capitals and doubled spaces. */
export function plain(text) {
  return text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

/** Whether each word of a search begins a word of her name or of a guest's. */
export function matches(row, search) {
  const wanted = plain(search).split(' ').filter(Boolean);
  const words = [row.name, ...row.guests.map(({ name }) => name)].flatMap((name) => plain(name).split(' '));
  return wanted.every((part) => words.some((word) => word.startsWith(part)));
}

/** How many are here of how many are expected in a mode, by head; and how many came without a word. */
export function figures(rows, mode) {
  const mine = rows.filter((row) => (row.present ?? row.mode) === mode);
  const going = mine.filter((row) => row.going);
  const sum = (of) => going.reduce((total, row) => total + of(row), 0);
  return {
    here: sum((row) => Number(isHere(row)) + row.guests.filter(({ present }) => present).length),
    expected: sum((row) => 1 + row.guests.length),
    unexpected: mine.filter((row) => isHere(row) && !row.going).length,
    absent: going.filter((row) => !isHere(row)).map(({ name }) => name),
  };
}

/** Whether a row passes the filter. */
export function passes(row, filter) {
  const all = [isHere(row), ...row.guests.map(({ present }) => present)];
  if (filter === 'missing') return row.going && all.includes(false);
  if (filter === 'here') return all.includes(true);
  if (filter === 'new') return row.welcome !== null;
  return true;
}

/** Those whom a mode's list shows: expected or here in it. */
export function listed(rows, mode) {
  return rows.filter((row) => (row.going || isHere(row)) && (row.present ?? row.mode) === mode);
}

/** A message with its blanks filled in. */
export function say(words, key, values = {}) {
  return words[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** One of two messages, by number. */
export function sayCount(words, key, n) {
  return n === 1 ? words[`${key}One`] : say(words, `${key}Many`, { n });
}
