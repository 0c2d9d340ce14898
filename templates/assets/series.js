// The form works without this: its button shows the dates. With it they follow what is chosen.
const form = document.querySelector('[data-preview]');
const here = form.querySelector('[data-preview-here]');
const details = form.querySelector('details.other');

let timer;
let asked = 0;
form.addEventListener('input', (event) => {
  if (event.target.name === 'rhythm' && event.target.value === 'other') details.open = true;
  if (event.target.closest('details.other'))
    form.querySelector('[name="rhythm"][value="other"]').checked = true;
  clearTimeout(timer);
  timer = setTimeout(preview, 300);
});
if (form.querySelector('[name="rhythm"]:checked')) preview();

async function preview() {
  asked += 1;
  const turn = asked;
  const fields = new URLSearchParams(new FormData(form));
  fields.delete('_csrf');
  const answer = await fetch(`${form.dataset.preview}?${fields}`).catch(() => null);
  // An older answer that comes late says nothing; neither does one that failed.
  if (turn !== asked || !answer?.ok) return;
  const { rhythm, problems, dates } = await answer.json();
  // What the page itself says is wrong is not said twice.
  here.hidden = rhythm === null && form.querySelector('.error') !== null;
  here.querySelector('b').textContent = rhythm ?? problems.join(' ');
  here.querySelector('ul').replaceChildren(
    ...dates.map(({ when, holiday }) => {
      const item = document.createElement('li');
      item.append(when);
      if (holiday) {
        const tag = document.createElement('span');
        tag.className = 'tag';
        tag.textContent = holiday;
        item.append(' ', tag);
      }
      return item;
    }),
  );
}
