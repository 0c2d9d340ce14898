// The form of a message works without this. It says while she chooses how many the message reaches, and puts an insert
// where she writes.
const form = document.querySelector('.letter-form');
const reach = form.querySelector('[data-reach]');
let asked = 0;

async function count() {
  const data = new FormData(form);
  const query = new URLSearchParams();
  for (const name of ['audience', 'eventId', 'who']) query.set(name, data.get(name) ?? '');
  if (form.dataset.message) query.set('message', form.dataset.message);
  asked += 1;
  const mine = asked;
  const answer = await fetch(`${form.dataset.count}?${query}`).catch(() => null);
  const text = answer?.ok ? (await answer.json()).text : '';
  // A slow answer to an older choice says nothing any more.
  if (mine !== asked) return;
  reach.textContent = text;
  reach.hidden = text === '';
}

form.addEventListener('change', (event) => {
  if (['audience', 'eventId', 'who'].includes(event.target.name)) count();
});
count();

const body = form.elements.body;
for (const item of form.querySelectorAll('[data-insert]')) {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = item.querySelector('span').textContent;
  button.addEventListener('click', () => {
    body.setRangeText(item.dataset.insert, body.selectionStart, body.selectionEnd, 'end');
    body.focus();
  });
  item.replaceChildren(button);
}
