// Search as you type. Without this the form asks the same page with a button.
const form = document.querySelector('form[data-live]');
if (form) {
  form.classList.add('is-live');
  let timer;
  let asked = 0;
  const search = async () => {
    clearTimeout(timer);
    const url = new URL(form.action);
    for (const [name, value] of new FormData(form))
      if (value.trim()) url.searchParams.set(name, value.trim());
    asked += 1;
    const mine = asked;
    try {
      const response = await fetch(url, { headers: { accept: 'text/html' } });
      // Signed out meanwhile, or the server is in trouble: the page itself says so.
      if (!response.ok || response.redirected) return location.assign(url);
      const page = new DOMParser().parseFromString(await response.text(), 'text/html');
      if (mine !== asked) return;
      for (const id of [form.dataset.live, 'people-heading']) {
        const found = page.getElementById(id);
        if (!found) return location.assign(url);
        document.getElementById(id).replaceChildren(...document.adoptNode(found).childNodes);
      }
      history.replaceState(null, '', url);
    } catch {
      // No network: what is there stays, and the next letter tries again.
    }
  };
  form.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(search, 200);
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    search();
  });
}
