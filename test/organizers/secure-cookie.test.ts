import { expect, test } from 'vitest';
import { createSignInLink } from '../../server/organizers/sign-in.ts';
import { useService } from '../support/app.ts';
import { makeChapter } from '../support/factories.ts';

const service = useService({
  now: '2026-11-16T10:00:00Z',
  env: { PUBLIC_URL: 'https://eventi.example.org', SMTP_URL: 'smtp://127.0.0.1:1' },
});

test('behind https the session travels over https only', async () => {
  const { coordinator } = await makeChapter(service.db);
  const link = await createSignInLink(service.db, service.deps.links, {
    personId: coordinator.id,
    now: service.clock(),
    minutes: 30,
  });
  expect(link.url).toMatch(/^https:\/\/eventi\.example\.org\/sign-in\//);
  const entered = await service.server.inject({ method: 'POST', url: new URL(link.url).pathname });
  expect(entered.cookies.find(({ name }) => name === 'ritrovo_desk')).toMatchObject({ secure: true });
});
