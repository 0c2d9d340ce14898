// The editor works without this: codes can be copied, and a button shows the letter. With it a tap puts a code where the
// cursor was, and the letter follows what is typed.
const form = document.getElementById('text-form');
for (const hint of form.querySelectorAll('[data-without-script]')) hint.hidden = true;
for (const hint of form.querySelectorAll('[data-with-script], [data-insert]')) hint.hidden = false;

const last = {};
let locale = form.querySelector('[name="pane"]:checked').value;
for (const field of form.querySelectorAll('[data-locale]')) {
  last[field.dataset.locale] = field.tagName === 'TEXTAREA' ? field : last[field.dataset.locale];
  field.addEventListener('focus', () => {
    last[field.dataset.locale] = field;
    if (locale !== field.dataset.locale) show(field.dataset.locale);
  });
  field.addEventListener('input', soon);
}
for (const button of form.querySelectorAll('[data-insert]')) {
  button.addEventListener('click', () => {
    const field = last[button.closest('.inserts').dataset.for];
    field.focus();
    // Kept in the field's own history, so that Ctrl+Z takes it out again.
    const { insert } = button.dataset;
    if (!document.execCommand('insertText', false, insert)) {
      field.setRangeText(insert, field.selectionStart, field.selectionEnd, 'end');
      soon();
    }
  });
}
for (const tab of form.querySelectorAll('[name="pane"]'))
  tab.addEventListener('change', () => show(tab.value));
for (const choice of form.querySelectorAll('[name="person"], [name="event"], [name="as"]')) {
  choice.addEventListener('change', () => preview());
}
for (const button of form.querySelectorAll('[data-preview-button]')) {
  button.addEventListener('click', (event) => {
    event.preventDefault();
    show(button.value);
    document.getElementById('look').scrollIntoView();
  });
}

function show(wanted) {
  locale = wanted;
  form.querySelector(`[name="pane"][value="${wanted}"]`).checked = true;
  preview();
}

let timer;
function soon() {
  clearTimeout(timer);
  timer = setTimeout(preview, 500);
}

// Each letter comes into a frame of its own, and takes the old one's place when it is there: no flicker, and no entry
// in the browser's history.
let coming = null;
function preview() {
  clearTimeout(timer);
  const shown = form.querySelector('iframe:not(.coming)');
  coming?.remove();
  const frame = shown.cloneNode();
  coming = frame;
  frame.name = `letter-${Date.now()}`;
  frame.className = 'coming';
  shown.after(frame);
  const button = form.querySelector(`[data-preview-button][value="${locale}"]`);
  const submitter = button.cloneNode();
  submitter.hidden = true;
  submitter.formTarget = frame.name;
  form.append(submitter);
  frame.addEventListener('load', () => {
    if (frame !== coming) return;
    coming = null;
    frame.className = '';
    form.querySelectorAll('iframe').forEach((other) => {
      if (other !== frame) other.remove();
    });
    frame.name = 'letter';
    form.dispatchEvent(new CustomEvent('letter'));
  });
  form.requestSubmit(submitter);
  submitter.remove();
}
preview();
