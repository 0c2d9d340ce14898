// The desk works without this. It adds two conveniences to the message for the group: copying it, and the phone's own
// way to share.
for (const box of document.querySelectorAll('[data-share]')) {
  const field = document.getElementById(box.dataset.share);
  const copy = box.querySelector('[data-act="copy"]');
  const share = box.querySelector('[data-act="share"]');
  const label = copy.textContent;
  copy.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      field.select();
      document.execCommand('copy');
    }
    copy.textContent = box.dataset.copied;
    setTimeout(() => {
      copy.textContent = label;
    }, 2500);
  });
  if (navigator.share)
    share.addEventListener('click', () => navigator.share({ text: field.value }).catch(() => {}));
  else share.remove();
  box.hidden = false;
}

// What the door keeps on this phone is for whoever is signed in, and goes when she signs out.
const { who } = document.body.dataset;
function forgetDoor() {
  localStorage.removeItem('ritrovo-door-until');
  indexedDB.deleteDatabase('ritrovo-door');
  // The door itself is about to need its worker.
  if (!document.getElementById('gate')) {
    navigator.serviceWorker?.getRegistrations().then((found) => {
      for (const registration of found) registration.unregister();
    });
  }
  globalThis.caches?.keys().then((names) => {
    for (const name of names) if (name.startsWith('ritrovo-door ')) caches.delete(name);
  });
}
try {
  if (who && localStorage.getItem('ritrovo-who') !== who) {
    if (localStorage.getItem('ritrovo-who')) forgetDoor();
    localStorage.setItem('ritrovo-who', who);
  }
  const until = localStorage.getItem('ritrovo-door-until');
  if (until !== null && Number(until) < Date.now()) forgetDoor();
  // On the page that follows too: another page may have held it a moment longer.
  if (!who && localStorage.getItem('ritrovo-who') === null) forgetDoor();
} catch {
  // A browser that keeps nothing has nothing to forget.
}
document.querySelector('form[action="/desk/sign-out"]')?.addEventListener('submit', () => {
  localStorage.removeItem('ritrovo-who');
  forgetDoor();
});
