// The form of an event works without this. It saves typing: the end follows the beginning, and a place that the group
// knows brings its address along.
const field = (name) => document.querySelector(`.sheet [name="${name}"]`);
const [from, to, venue, address] = ['from', 'to', 'venueName', 'venueAddress'].map(field);
const minutesOf = ({ value }) => {
  const [hour, minute] = value.split(':').map(Number);
  return Number.isNaN(hour) || Number.isNaN(minute) ? null : hour * 60 + minute;
};
const day = 24 * 60;
const clock = (minutes) =>
  [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0')).join(':');

let lasts = length();
function length() {
  const [begins, ends] = [minutesOf(from), minutesOf(to)];
  return begins === null || ends === null || ends <= begins ? null : ends - begins;
}
function end(minutes) {
  const begins = minutesOf(from);
  // Past midnight there is a field of its own.
  if (begins === null || begins + minutes >= day) return;
  to.value = clock(begins + minutes);
  lasts = minutes;
  mark();
}
const box = document.querySelector('[data-durations]');
function mark() {
  for (const button of box.children) {
    button.setAttribute('aria-pressed', String(Number(button.dataset.minutes) === lasts));
  }
}
if (box && from && to) {
  box.hidden = false;
  from.addEventListener('change', () => lasts && end(lasts));
  to.addEventListener('change', () => {
    lasts = length();
    mark();
  });
  box.addEventListener('click', ({ target }) => {
    const minutes = Number(target.closest('button')?.dataset.minutes);
    if (minutes) end(minutes);
  });
  mark();
}

// What she wrote herself stays.
let brought = '';
venue?.addEventListener('input', () => {
  const known = [...document.querySelectorAll('#known-places option')].find(
    ({ value }) => value === venue.value,
  );
  if (!known || (address.value !== '' && address.value !== brought)) return;
  brought = known.dataset.address;
  address.value = brought;
});
