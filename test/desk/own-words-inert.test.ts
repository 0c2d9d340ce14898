import { sql } from 'kysely';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { useService } from '../support/app.ts';
import { openBrowser, page360 } from '../support/browser.ts';
import { linkPaths } from '../support/link-paths.ts';
import { memberPages, type StatePage } from '../support/member-pages.ts';
import { signedIn } from './at-desk.ts';
import { deskPages } from './desk-pages.ts';
import { openDeskPage } from './open-page.ts';

/**
 * What people write stays what it is, the coordinators' own words too: whoever administers the network, and every member,
 * reads them. With the worst of it in every text that the database holds, no page has an element, an address or a script
 * that we did not put there.
 */
const service = useService({ now: '2026-11-16T10:00:00Z', listen: true });
const worst = `"><img src=x onerror=alert(1)>'<svg/onload=alert(2)></textarea></title></script><script>alert(3)</script>`;
const asMarkdown = '\n\n[x](javascript:alert(4)) <javascript:alert(5)> [y](data:text/html,x)\n';

/** Columns that no person fills in freely: what stands there is chosen from a list, checked to be an address, or ours. */
const plain = `
  api_tokens.name attendance.device attendance.mode audit_log.action audit_log.actor audit_log.subject_type
  calendar_replies.failed calendar_replies.said chapters.accent_colour chapters.form chapters.holiday_country
  chapters.holiday_region chapters.locale chapters.reply_to
  chapters.slug chapters.time_zone consents.fields consents.source consents.what deliveries.kind deliveries.phase deliveries.reason deliveries.state deliveries.message_id
  deliveries.unknown_causes directory_entries.fields door_marks.mode event_questions.kind feedback_answers.kind feedback_questions.kind events.access events.format
  events.join_url events.promotion events.state events.time_zone former_addresses.email guest_attendance.mode
  introductions.kind introductions.state introduction_sides.contacts introduction_sides.met_again introduction_sides.outcome meet_wishes.contacts
  event_links.kind event_links.url figures.labels figures.name
  idempotency_keys.body idempotency_keys.key invitations.calendar_uid invitations.source join_requests.state mailings.audience mailings.cause
  mailings.kind mailings.reason mailings.rule_key mailings.state mailings.template member_import_lines.outcome
  member_import_lines.reason mail_reports.kind mail_reports.status member_imports.columns member_imports.delimiter member_imports.encoding member_imports.state
  memberships.role memberships.source messages.audience messages.event_audience networks.form networks.locale people.email
  people.form people.locale people.source preferences.topic profiles.contacts rsvp_guests.email rsvp_history.mode rsvp_history.source
  rsvp_history.state rsvps.mode rsvps.source rsvps.state series.access series.format series.join_url series.on_holiday series.promotion
  series.rule series.time_zone sign_in_links.code_hash standing_yeses.mode standing_yeses.source suppressions.reason
  texts.actor texts.kind texts.locale timeline_rules.anchor timeline_rules.audience timeline_rules.kind
  timeline_rules.template`
  .trim()
  .split(/\s+/);
/** Markdown, where links and pictures could be. What follows an insert of Liquid must leave it whole. */
const markdown = [
  'events.description',
  'series.description',
  'networks.privacy_notice',
  'messages.body',
  'texts.body',
];

let browser: Browser;
let coordinatorId: string;
let desk: StatePage[];
let open: StatePage[];
const complaints: string[] = [];

beforeAll(async () => {
  browser = await openBrowser();
  const made = await deskPages(service);
  const site = {
    ...service,
    server: service.server,
    deps: service.deps,
    db: service.db,
    clock: service.clock,
    url: service.url,
    ...linkPaths(() => service.deps),
    post: async () => {
      throw new Error('nothing is posted here');
    },
  };
  open = await memberPages(site, '#b4472e');
  coordinatorId = made.coordinatorId;
  desk = made.pages;
  await poison();
}, 120_000);
afterAll(() => browser?.close());

/** Writes the worst into every text that a person can have written. */
async function poison(): Promise<void> {
  const { rows } = await sql<{ name: string; isList: boolean }>`
    select c.table_name || '.' || c.column_name as name, c.data_type = 'ARRAY' as "isList"
    from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
    where c.table_schema = 'public' and t.table_type = 'BASE TABLE' and c.is_generated = 'NEVER' and c.table_name not like 'kysely%'
      and c.udt_name in ('text', 'citext', '_text', 'varchar')
    order by 1`.execute(service.db);
  const names = rows.map(({ name }) => name);
  // A column that is new is either written by people, or stands in the list above.
  expect(plain.filter((name) => !names.includes(name))).toEqual([]);
  const failed: string[] = [];
  for (const { name, isList } of rows.filter((row) => !plain.includes(row.name))) {
    const [table = '', column = ''] = name.split('.');
    const text = markdown.includes(name) ? worst + asMarkdown : worst;
    const at = sql.ref(column);
    const value = isList
      ? sql`array(select e || ${text} from unnest(${at}) e)`
      : markdown.includes(name)
        ? sql`${at} || ${text}`
        : sql`${text}`;
    await sql`update ${sql.table(table)} set ${at} = ${value} where ${at} is not null`
      .execute(service.db)
      .catch((error: Error) => failed.push(`${name}: ${error.message}`));
  }
  expect(failed).toEqual([]);
}

const holes = `(() => {
  const found = [];
  for (const element of document.querySelectorAll('*')) {
    for (const { name, value } of element.attributes) {
      const leads = ['href', 'src', 'action', 'formaction', 'srcdoc', 'xlink:href', 'data'].includes(name);
      const isOurs = element.tagName === 'IMG' && /^data:image\\/(png|svg)/.test(value);
      if (/^on/i.test(name) || (leads && !isOurs && /^\\s*(javascript|data|vbscript):/i.test(value))
        || (leads && value === 'x')) found.push(element.outerHTML.slice(0, 160));
    }
    if (element.tagName === 'SCRIPT' && !element.src && element.type !== 'application/ld+json')
      found.push(element.outerHTML.slice(0, 160));
    if (element.type === 'application/ld+json') JSON.parse(element.textContent);
  }
  return found;
})()`;

function listen(page: Page): void {
  page.on('dialog', async (dialog) => {
    complaints.push(`${page.url()}: a script ran: ${dialog.message()}`);
    await dialog.dismiss();
  });
  page.on('console', (message) => {
    if (/content security policy/i.test(message.text())) complaints.push(`${page.url()}: ${message.text()}`);
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(service.url) && !request.url().startsWith('data:'))
      complaints.push(`${page.url()} asked ${request.url()}`);
  });
}

async function look(page: Page, state: StatePage): Promise<void> {
  await openDeskPage(page, service.url, state);
  const found = (await page.evaluate(holes)) as string[];
  if (found.length > 0) complaints.push(`${state.name}: ${found.join(' | ')}`);
}

test('no page of the desk has anything in it that people wrote as markup', async () => {
  const page = await page360(browser);
  listen(page);
  const { cookie } = await signedIn(service, coordinatorId);
  const [name = '', value = ''] = cookie.split('=');
  await page.context().addCookies([{ name, value, url: `${service.url}/desk` }]);
  for (const one of desk) await look(page, one);
  await page.close();
  expect(desk.length).toBeGreaterThan(100);
  expect(complaints).toEqual([]);
}, 180_000);

test('no page of a member or a stranger has, nor a feed', async () => {
  const page = await page360(browser);
  listen(page);
  for (const one of open.filter(({ post }) => !post)) await look(page, one);
  for (const path of ['/', '/privacy', '/c/bologna']) await look(page, { name: path, path });
  await page.close();
  expect(open.length).toBeGreaterThan(20);
  expect(complaints).toEqual([]);
  const feed = await service.server.inject('/c/bologna/feed.atom');
  expect(feed.body).toContain('&lt;script&gt;');
  expect(feed.body).not.toMatch(/<(img|svg|script)/);
}, 180_000);
