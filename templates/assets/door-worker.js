// Keeps the page of one event's door on the phone, without anybody on it: the names are in the page's own store. It
// serves that page and its files where the network does not, and touches nothing else.

const door = new URL(self.registration.scope).pathname;
const kept = `ritrovo-door ${door}`;
const shell = `${door}/shell`;
/** With a weak signal, the page that is here is better than the one that may come. */
const patienceMs = 4_000;

self.addEventListener('install', (event) => {
  event.waitUntil(keep().then(() => self.skipWaiting()));
});

self.addEventListener('activate', (event) => {
  event.waitUntil(self.clients.claim());
});

self.addEventListener('message', (event) => {
  if (event.data === 'keep') event.waitUntil(keep().catch(() => {}));
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET') return;
  const { origin, pathname } = new URL(request.url);
  if (origin !== self.location.origin) return;
  if (request.mode === 'navigate' && pathname === door) event.respondWith(page(request));
  else if (pathname.startsWith('/assets/')) event.respondWith(file(request));
});

/** Fetches the page and all the files that it and they name. */
async function keep() {
  const answer = await fetch(shell, { redirect: 'error', cache: 'no-store' });
  if (!answer.ok) return;
  const cache = await caches.open(kept);
  const wanted = new Set();
  const found = new Map();
  const collect = (text) => {
    for (const [path] of text.matchAll(/\/assets\/[\w./-]+\?v=[\w-]+/g)) wanted.add(path);
  };
  collect(await answer.clone().text());
  for (const path of wanted) {
    const known = await cache.match(path);
    const asset = known ?? (await fetch(path));
    if (!asset.ok) return;
    if (/\.(js|css)\?/.test(path)) collect(await asset.clone().text());
    found.set(path, asset);
  }
  // All or nothing: a page without one of its files would be worse than the one from yesterday.
  for (const [path, asset] of found) await cache.put(path, asset.clone());
  await cache.put(shell, answer);
  for (const request of await cache.keys()) {
    const { pathname, search } = new URL(request.url);
    if (pathname !== shell && !found.has(pathname + search)) await cache.delete(request);
  }
}

async function page(request) {
  const known = await caches.match(shell, { cacheName: kept });
  if (!known) return fetch(request);
  const fresh = fetch(request);
  const late = new Promise((resolve) => setTimeout(resolve, patienceMs, known.clone()));
  // A server that is not well is no better than none.
  const well = fresh.then((answer) => (answer.status >= 500 ? known : answer));
  return Promise.race([well.catch(() => known), late]);
}

async function file(request) {
  return (await caches.match(request, { cacheName: kept })) ?? fetch(request);
}
