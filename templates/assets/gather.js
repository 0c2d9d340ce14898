// The event's page while answers come in, and the button that prints a list. Both work without this.
const people = document.getElementById('people');
if (people?.dataset.live) follow(people.dataset.live);

for (const button of document.querySelectorAll('[data-print]')) {
  button.hidden = false;
  button.addEventListener('click', () => window.print());
}

// A number leads to its people: their fold opens on the way.
document.addEventListener('click', ({ target }) => {
  const way = target.closest('#figures a[href^="#group-"]');
  const fold = way && document.getElementById(way.hash.slice(1));
  if (fold) fold.open = true;
});

/** Asks for the page again when the stream says that something changed, and puts the new parts in the old ones' place. */
function follow(url) {
  const says = document.createElement('p');
  says.className = 'sr-only';
  says.setAttribute('role', 'status');
  document.querySelector('main').append(says);
  let stream;
  let wanted = false;
  let busy = false;

  const open = () => {
    stream = new EventSource(url);
    stream.addEventListener('changed', renew);
    // What changed before the line stood, or while it was cut, is seen now.
    stream.addEventListener('ready', ({ data }) => {
      if (JSON.parse(data) !== people.dataset.liveStamp) renew();
    });
  };
  // A page that nobody looks at holds no line.
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) stream?.close();
    else if (stream?.readyState === EventSource.CLOSED) open();
  });
  addEventListener('pagehide', () => stream?.close());
  if (!document.hidden) open();
  else document.addEventListener('visibilitychange', open, { once: true });

  async function renew() {
    wanted = true;
    if (busy) return;
    busy = true;
    while (wanted) {
      wanted = false;
      try {
        const answer = await fetch(location.pathname, {
          headers: { accept: 'text/html' },
          redirect: 'error',
        });
        if (answer.ok) replace(new DOMParser().parseFromString(await answer.text(), 'text/html'));
      } catch {
        // Without a network the page stays as it is; the stream asks again when it is back.
      }
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    busy = false;
  }

  function replace(fresh) {
    const ticked = [...document.querySelectorAll('input[name="person"]:checked')].map(({ value }) => value);
    const folds = [...document.querySelectorAll('#people details[id]')].map(({ id, open }) => [id, open]);
    const focus = document.activeElement?.closest('#people') ? keyOf(document.activeElement) : null;
    for (const id of ['figures', 'people']) {
      const now = fresh.getElementById(id);
      const old = document.getElementById(id);
      if (!now || !old) continue;
      if (now.dataset.liveStamp) old.dataset.liveStamp = now.dataset.liveStamp;
      old.replaceChildren(...now.childNodes);
    }
    for (const value of ticked) {
      const box = document.querySelector(`input[name="person"][value="${value}"]`);
      if (box) box.checked = true;
    }
    for (const [id, isOpen] of folds) {
      const fold = document.getElementById(id);
      if (fold) fold.open = isOpen;
    }
    if (focus) document.querySelector(focus)?.focus();
    says.textContent = people.dataset.liveSays;
  }

  function keyOf(element) {
    if (element.matches('button')) return `#people button[name="${element.name}"][value="${element.value}"]`;
    if (element.matches('input')) return `#people input[value="${element.value}"]`;
    return element.matches('a') ? `#people a[href="${element.getAttribute('href')}"]` : null;
  }
}
