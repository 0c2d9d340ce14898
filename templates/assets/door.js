import { figures, listed, matches, passes, plain, say, sayCount, withMarks } from './door-model.js';
import { fill } from './door-rows.js';
import { openCamera } from './door-scan.js';
import { addMark, dropList, dropMarks, loadList, loadMarks, newId } from './door-store.js';
import { syncDoor } from './door-sync.js';

// The door, live: every tap is kept on this phone first and sent when there is a network. Without this script the page
// works by its forms.

const $ = (id) => document.getElementById(id);
const gate = $('gate');
const words = JSON.parse(gate.dataset.words);
const { event, door } = gate.dataset;
const who = document.body.dataset.who;
const everyMs = 20_000;
const othersShown = 30;

let list = null;
let marks = [];
let rows = [];
let csrf = document.querySelector('[name="_csrf"]')?.value ?? null;
let state = navigator.onLine ? 'saved' : 'offline';
/** Tapped since the filter was set: they stay in sight, so that a second tap takes the first one back. */
let kept = new Set();

async function start() {
  // What is kept belongs to whoever is signed in on this phone; who signed out has left nothing.
  if (localStorage.getItem('ritrovo-who') !== who) return showEmpty();
  list = await loadList(event, who);
  await readMarks();
  if (list) show();
  gate.hidden = false;
  keepPage();
  listen();
  await sync();
  if (!list) showEmpty();
  setInterval(() => document.visibilityState === 'visible' && sync(), everyMs);
}

function showEmpty() {
  gate.hidden = false;
  // The page as it came works without a list of its own.
  if (!$('gate-static')) $('gate-empty').hidden = false;
}

async function readMarks() {
  const found = await loadMarks(event, who);
  marks = found.mine;
  if (found.others > 0) notice('others', sayCount(words, 'others', found.others));
}

// Taps are kept one after the other, in the order of the fingers.
let keeping = Promise.resolve();
function tap(row, mode, guest) {
  const mark = {
    event,
    who,
    mode,
    label: row.name,
    ...(row.isLocal ? { walkIn: row.id, name: row.name } : { personId: row.id }),
    ...(guest !== undefined && { guest }),
  };
  return keep(mark, row);
}

function keep(mark, row) {
  kept.add(mark.personId ?? mark.walkIn);
  keeping = keeping.then(async () => {
    marks.push(await addMark(mark, row?.at ?? 0));
    show();
    later();
  });
  return keeping;
}

let waiting = null;
function later() {
  clearTimeout(waiting);
  waiting = setTimeout(sync, 400);
}

let syncing = null;
function sync() {
  syncing ??= once().finally(() => {
    syncing = null;
  });
  return syncing;
}

async function once() {
  showStatus();
  const answer = await syncDoor({ event, who, door, csrf, known: list });
  state = answer.state;
  await keeping;
  if (state === 'gone') {
    await dropList(event);
    location.replace('/desk/');
    return;
  }
  if (answer.list) {
    tellChange(list, answer.list);
    list = answer.list;
    csrf = list.csrf;
  }
  tellResults(answer.results ?? []);
  const before = marks.length;
  await readMarks();
  // A walk-in has become somebody: taps on her row go on from there.
  for (const { walkIn, personId } of answer.results ?? []) if (walkIn && kept.has(walkIn)) kept.add(personId);
  if (list?.closed) showClosed();
  else if (list) show();
  if (state === 'saved' && marks.length > 0 && before > 0 && !list?.closed) later();
}

function tellChange(old, now) {
  if (!old || (old.when === now.when && old.place === now.place)) return;
  const was = { was: `${old.when}, ${old.place}`, now: `${now.when}, ${now.place}` };
  notice('changed', say(words, 'changed', was));
}

function tellResults(results) {
  const named = (kind) => [...new Set(results.filter(kind).map(({ label }) => label))].join(', ');
  const lost = named(({ outcome }) => outcome === 'not_found');
  if (lost) notice('lost', say(words, 'lost', { names: lost }));
  const bare = named(({ withoutAddress }) => withoutAddress);
  if (bare) notice('bare', say(words, 'withoutAddress', { names: bare }));
}

function notice(kind, text) {
  const box = $('gate-notices');
  const line = box.querySelector(`[data-kind="${kind}"]`) ?? document.createElement('p');
  line.dataset.kind = kind;
  line.textContent = text;
  if (!line.parentNode) box.append(line);
}

/** Cancelled, moved to another day: nothing can be written down, and she is told so. */
function showClosed() {
  if ($('gate-live')) $('gate-live').hidden = true;
  if (!$('gate-closed')) notice('closed', `${list.closed.text} ${list.when}`);
  const stranded = $('gate-stranded');
  stranded.hidden = marks.length === 0;
  if (marks.length > 0) stranded.firstElementChild.textContent = sayCount(words, 'stranded', marks.length);
  if (marks.length === 0) dropList(event);
}

function show() {
  rows = withMarks(list.people, marks);
  const live = $('gate-live');
  if (!live) return;
  $('gate-static')?.remove();
  live.hidden = false;
  showStatus();
  showFigures();
  showRows();
}

function showStatus() {
  const n = marks.length;
  const box = $('gate-status');
  if (!box) return;
  box.dataset.state = n > 0 && state === 'saved' ? 'sending' : state;
  const text =
    state === 'signedOut'
      ? words.signIn
      : state === 'trouble' || state === 'stale'
        ? words.trouble
        : state === 'offline'
          ? n > 0
            ? sayCount(words, 'offline', n)
            : words.offline
          : n > 0
            ? sayCount(words, 'sending', n)
            : words.saved;
  if (box.textContent !== text) box.textContent = text;
  $('gate-sign-in').hidden = state !== 'signedOut';
}

function showFigures() {
  const found = figures(rows, modeNow());
  $('gate-count').textContent = say(words, 'count', found);
  $('gate-unexpected').textContent = found.unexpected ? sayCount(words, 'unexpected', found.unexpected) : '';
  for (const line of document.querySelectorAll('.missing')) {
    const mode = line.closest('form').elements.mode.value;
    const { absent } = figures(rows, mode);
    line.hidden = absent.length === 0;
    line.textContent = say(words, 'absent', { names: absent.join(', ') });
  }
  for (const box of document.querySelectorAll('[name="except"]')) {
    const row = rows.find(({ id }) => id === box.value);
    box.closest('label').hidden = row !== undefined && row.present !== null;
  }
}

function showRows() {
  const search = $('gate-search').value;
  const filter = document.querySelector('[name="gate-filter"]:checked').value;
  const mode = modeNow();
  const isSearch = plain(search) !== '';
  const inList = new Set(listed(rows, mode));
  const mine = rows.filter((row) => inList.has(row) || (kept.has(row.id) && !row.going));
  const shown = isSearch
    ? mine.filter((row) => matches(row, search))
    : mine.filter((row) => kept.has(row.id) || passes(row, filter));
  const on = { mode, words, tap };
  fill($('gate-list'), shown, on);
  const others = isSearch ? rows.filter((row) => !mine.includes(row) && matches(row, search)) : [];
  fill($('gate-others'), others.slice(0, othersShown), on);
  $('gate-found').hidden = others.length === 0;
  const none = $('gate-none');
  none.hidden = shown.length + others.length > 0;
  none.textContent = isSearch ? words.noneFound : mine.length === 0 ? words.nobody : words.noneFound;
  const add = $('gate-add');
  add.hidden = plain(search).length < 2;
  add.textContent = say(words, 'addNamed', { name: search.trim() });
}

function modeNow() {
  return document.querySelector('[name="gate-mode"]:checked')?.value ?? $('gate-only-mode').value;
}

/** Somebody whom nobody expected, by her name: she is here at once. */
function addWalkIn(name, mode, email) {
  return keep({ event, who, mode, walkIn: newId(), name, label: name, ...(email && { email }) });
}

function listen() {
  window.addEventListener('online', sync);
  window.addEventListener('offline', () => {
    state = 'offline';
    showStatus();
  });
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && sync());
  $('gate-stranded')
    .querySelector('button')
    .addEventListener('click', async () => {
      if (!confirm(words.discard)) return;
      await dropMarks(marks.map(({ sequence }) => sequence));
      await readMarks();
      showClosed();
    });
  document.querySelector('form[action="/desk/sign-out"]')?.addEventListener('submit', (submitted) => {
    if (marks.length > 0 && !confirm(sayCount(words, 'leave', marks.length))) {
      submitted.preventDefault();
      submitted.stopImmediatePropagation();
    }
  });
  if (!$('gate-live')) return;

  const search = $('gate-search');
  search.addEventListener('input', showRows);
  search.addEventListener('focus', () => search.select());
  for (const choice of document.querySelectorAll('#gate-filter input, #gate-mode input')) {
    choice.addEventListener('change', () => {
      kept = new Set();
      showFigures();
      showRows();
    });
  }
  $('gate-add').addEventListener('click', async () => {
    const name = search.value.trim();
    search.value = '';
    // At once: later she may be typing elsewhere.
    search.focus();
    await addWalkIn(name, modeNow());
  });
  $('gate-scan').addEventListener('click', () => openCamera($('gate-camera'), { words, read: readCode }));
  listenToForms();
}

function listenToForms() {
  const form = $('gate-walk-in');
  let asked = null;
  form.addEventListener('submit', async (submitted) => {
    const name = form.elements.name.value.trim().replace(/\s+/g, ' ');
    const email = form.elements.email.value.trim();
    // What is not right is said by the server, where there is a network.
    if (!list || !name || (email && !/^\S+@\S+\.\S+$/.test(email))) {
      if (!list || navigator.onLine) return;
      submitted.preventDefault();
      form.elements[name ? 'email' : 'name'].focus();
      return;
    }
    submitted.preventDefault();
    const known = rows.find((row) => plain(row.name) === plain(name));
    if (known && asked !== name) {
      asked = name;
      notice('known', say(words, 'known', { name: known.name }));
      $('gate-search').value = known.name;
      showRows();
      $('gate-notices').scrollIntoView({ block: 'center' });
      return;
    }
    asked = null;
    const mode = form.elements.mode?.value ?? modeNow();
    form.reset();
    form.elements.name.focus();
    await addWalkIn(name, mode, email);
  });
  // Who is missing is decided on all that was tapped: what this phone still has goes first.
  for (const close of document.querySelectorAll('form[action*="/attendance/"]')) {
    close.addEventListener('submit', async (submitted) => {
      if (marks.length === 0) return;
      submitted.preventDefault();
      const { submitter } = submitted;
      await sync();
      if (marks.length === 0) close.requestSubmit(submitter);
    });
  }
}

/** What a code says: who it is, and she is here. */
function readCode(text) {
  const row = rows.find(({ codes }) => codes?.includes(text));
  if (!row) return words.unknown;
  if (row.present !== null) return say(words, 'already', { name: row.name });
  tap(row, modeNow());
  return [say(words, 'here', { name: row.name }), row.welcome].filter(Boolean).join(' · ');
}

/** Lets the phone keep the page itself, so that it opens without a network. */
async function keepPage() {
  if (!('serviceWorker' in navigator)) return;
  try {
    const registration = await navigator.serviceWorker.register(gate.dataset.worker, { scope: door });
    const worker = registration.active ?? (await navigator.serviceWorker.ready).active;
    if (navigator.onLine) worker.postMessage('keep');
  } catch {
    // Then the page needs a network to open, and taps are kept all the same.
  }
}

if (window.indexedDB && who) start();
