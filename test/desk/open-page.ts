import type { Page } from 'playwright-core';
import { formBody } from './at-desk.ts';

/** Opens a page of the desk; what answers a form is shown as the form would have shown it. */
export async function openDeskPage(
  page: Page,
  siteUrl: string,
  { path, post }: { path: string; post?: Record<string, string | string[]> | undefined },
): Promise<void> {
  if (!post) {
    await page.goto(siteUrl + path);
    return;
  }
  await page.goto(`${siteUrl}/desk/help`, { waitUntil: 'domcontentloaded' });
  const csrf = await page.locator('[name="_csrf"]').first().inputValue();
  const body = formBody({ _csrf: csrf, ...post });
  // By script, because a browser's own checks would not let some of these out of the form.
  const submit = `(() => {
    const form = Object.assign(document.createElement('form'), { method: 'post', action: ${JSON.stringify(path)} });
    for (const [name, value] of new URLSearchParams(${JSON.stringify(body)})) {
      form.append(Object.assign(document.createElement('textarea'), { name, value }));
    }
    document.body.append(form);
    form.submit();
  })()`;
  await Promise.all([page.waitForEvent('load'), page.evaluate(submit)]);
}
