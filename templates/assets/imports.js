// Without this the page asks for itself again every few seconds. With it the bar moves where it stands.
const panel = document.getElementById('progress');
const said = document.getElementById('said');

async function look() {
  try {
    const answer = await fetch(panel.dataset.watch, { headers: { accept: 'text/html' } });
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const now = page.getElementById('progress');
    if (!now) {
      location.reload();
      return;
    }
    panel.replaceChildren(...now.childNodes);
    said.textContent = panel.querySelector('label').textContent;
  } catch {
    // Out of reach for a moment: what is done is done elsewhere.
  }
  setTimeout(look, 1000);
}
setTimeout(look, 1000);
