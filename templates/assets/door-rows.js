import { say } from './door-model.js';

// The rows of the door's list on the page.

const $ = (id) => document.getElementById(id);

/** Makes a list show these rows. A row that is there already stays the same element: a finger or a focus is on it. */
export function fill(ul, shown, { mode, words, tap }) {
  const there = new Map([...ul.children].map((li) => [li.dataset.id, li]));
  shown.forEach((row, index) => {
    const li = there.get(row.id) ?? $('gate-row').content.firstElementChild.cloneNode(true);
    there.delete(row.id);
    li.dataset.id = row.id;
    paint(li, row, { mode, words, tap });
    if (ul.children[index] !== li) ul.insertBefore(li, ul.children[index] ?? null);
  });
  for (const li of there.values()) li.remove();
}

function paint(li, row, { mode, words, tap }) {
  const button = li.firstElementChild;
  press(button, row.present !== null);
  put(button, 'b', row.name);
  put(button, '.hint', row.isLocal ? words.added : row.detail);
  put(button, '.welcome', row.welcome);
  put(button, '.twin', row.isTwin ? words.twins : null);
  button.onclick = () => tap(row, row.present === null ? mode : null);
  const guests = [...li.querySelectorAll('.guest')];
  row.guests.forEach((guest, index) => {
    const small = guests[index] ?? $('gate-guest').content.firstElementChild.cloneNode(true);
    press(small, guest.present);
    put(small, 'b', guest.name);
    put(small, '.hint', say(words, 'guestOf', { name: row.name }));
    small.onclick = () => tap(row, guest.present ? null : (row.present ?? mode), guest.position);
    if (!guests[index]) li.append(small);
  });
  for (const extra of guests.slice(row.guests.length)) extra.remove();
}

const press = (button, isPressed) => button.setAttribute('aria-pressed', String(isPressed));
function put(parent, selector, text) {
  const place = parent.querySelector(selector);
  place.textContent = text ?? '';
  place.hidden = !text;
}
