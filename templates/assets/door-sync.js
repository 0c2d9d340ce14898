import { deviceId, dropMarks, loadMarks, saveList } from './door-store.js';

// Brings the taps of this phone to the server, and the list back. Sent twice, a tap counts once: the server knows each
// by the phone and its number.

const atOnce = 100;
const patienceMs = 15_000;

/**
 * Sends what there is to send and fetches the list, where it is another than the one `known` here.
 * @returns {Promise<{state: 'saved' | 'offline' | 'signedOut' | 'gone' | 'trouble', list?: object, results?: object[]}>}
 */
export async function syncDoor({ event, who, door, csrf, known }) {
  const { mine } = await loadMarks(event, who);
  let token = csrf;
  // After she has signed in again, the page that the phone kept has an old token: the list brings the new one.
  if (mine.length === 0 || !token) {
    const fetched = await ask(`${door}/list?have=${known?.version ?? ''}`, { who, known });
    if (fetched.state !== 'saved') return fetched;
    await saveList(event, fetched.list);
    if (mine.length === 0 || fetched.list.closed) return fetched;
    token = fetched.list.csrf;
  }
  const results = [];
  let list = null;
  for (let start = 0; start < mine.length && !list?.closed; start += atOnce) {
    const batch = mine.slice(start, start + atOnce);
    const answer = await send(batch, { door, who, csrf: token, known: list ?? known });
    if (answer.state === 'stale' && csrf) return syncDoor({ event, who, door, csrf: null, known });
    if (answer.state !== 'saved') return { ...answer, list, results };
    list = answer.list;
    // The list is kept before the taps go: in between they are there twice, which changes nothing.
    await saveList(event, list);
    const bySequence = new Map(batch.map((mark) => [mark.sequence, mark]));
    // Refused as a whole, there are none: the taps stay here, and the list says why.
    results.push(...answer.results.map((result) => ({ ...bySequence.get(result.sequence), ...result })));
    await dropMarks(answer.results.map(({ sequence }) => sequence));
  }
  return { state: 'saved', list, results };
}

async function send(marks, { door, who, csrf, known }) {
  const body = {
    device: await deviceId(),
    sentAt: Date.now(),
    have: known?.version,
    marks: marks.map(({ event: _event, who: _who, label: _label, ...mark }) => mark),
  };
  return ask(
    `${door}/sync`,
    { who, known },
    {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json', 'csrf-token': csrf },
      body: JSON.stringify(body),
    },
  );
}

async function ask(url, { who, known }, options = {}) {
  try {
    const response = await fetch(url, {
      headers: { accept: 'application/json' },
      ...options,
      cache: 'no-store',
      redirect: 'manual',
      signal: AbortSignal.timeout(patienceMs),
    });
    // The way to sign in: her session is over.
    if (response.type === 'opaqueredirect') return { state: 'signedOut' };
    if (response.status === 403 && options.body) return { state: 'stale' };
    // The event is none of hers any more: she was taken off its door, or her time as coordinator is over.
    if (response.status === 404) return { state: 'gone' };
    if (!response.ok) return { state: 'trouble' };
    const answer = await response.json();
    const list = answer.list ?? answer;
    // Somebody else has signed in on this phone: her list is not for this page.
    if (list.who !== who) return { state: 'signedOut' };
    const whole = list.same ? { ...known, csrf: list.csrf } : list;
    return { state: 'saved', list: whole, results: answer.results };
  } catch {
    return { state: 'offline' };
  }
}
