import type { Phone } from './phone.ts';

/**
 * What a company's mail gateway does with a link before its reader sees the mail: it asks for its head, fetches it as
 * a browser would and as a robot would, and opens it in a real browser with scripts running.
 * @returns how the link answered, once for each way
 */
export async function scan(url: string, sandbox: Phone): Promise<number[]> {
  const statuses: number[] = [];
  for (const init of [
    { method: 'HEAD' },
    { method: 'GET' },
    {
      method: 'GET',
      headers: { accept: 'text/html', 'user-agent': 'Mozilla/5.0 (compatible; GatewayScan/1.0)' },
    },
    { method: 'GET', headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' } },
  ] as const) {
    const response = await fetch(url, init);
    await response.arrayBuffer();
    statuses.push(response.status);
  }
  if (await isPage(url)) {
    const { page } = sandbox;
    await page.clock.install();
    const response = await page.goto(url);
    statuses.push(response?.status() ?? 0);
    // Scripts that wait for somebody to move, or for a minute to pass, get what they wait for. No button is pressed.
    await page.mouse.move(100, 300);
    await page.mouse.wheel(0, 2_000);
    await page.evaluate('window.dispatchEvent(new Event("beforeunload"))');
    await page.clock.runFor(60_000);
  }
  return statuses;
}

async function isPage(url: string): Promise<boolean> {
  const response = await fetch(url, { headers: { accept: 'text/html' } });
  await response.arrayBuffer();
  return (response.headers.get('content-type') ?? '').startsWith('text/html');
}
