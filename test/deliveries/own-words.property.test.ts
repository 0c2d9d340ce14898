import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkText } from '../../server/texts/check.ts';
import { covered, previewText } from '../../server/texts/preview.ts';
import { saveText } from '../../server/texts/service.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { useWorkers } from '../support/workers.ts';

const workers = useWorkers({ now: '2026-11-16T10:00:00Z' });
const actor = { kind: 'system' } as const;

const piece = fc.oneof(
  fc.constantFrom(
    '{{ person.firstName }}',
    '{{ event.title }}',
    '{{ event.whenShort }}',
    '{{ event.venue.name }}',
    '{{ event.cost | default: "niente" }}',
    '{% if person.newcomer %}nuova{% else %}ciao{% endif %}',
    '{{ "cara|caro|ciao" | form }}',
    '**forte**',
    '[qui]({{ links.event }})',
    '[x](javascript:alert(1))',
    '<script>alert(1)</script>',
    '{{ nope }}',
    '&amp; < > " é ’',
  ),
  fc.string({ maxLength: 12 }),
);
const text = fc.record({
  subject: fc.array(piece, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(' ')),
  body: fc
    .array(
      fc.array(piece, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(' ')),
      { maxLength: 4 },
    )
    .map((paragraphs) => [...paragraphs, '[Sì]({{ links.yes }} "button")'].join('\n\n')),
});

test('what a text is shown as is what arrives, and no text carries a script', async () => {
  const { deps, sink } = workers;
  const chapter = await makeChapter(deps.db);
  const names = ['Giulia', '{{ nope }} <b>', '[x](javascript:y)'];
  let sent = 0;
  await fc.assert(
    fc.asyncProperty(text, fc.constantFrom(...names), async (source, firstName) => {
      const key = { chapterId: chapter.id, eventId: null, kind: 'invitation', locale: 'it' } as const;
      const saved = await saveText(deps, key, source, { actor });
      expect(saved.ok).toBe(
        checkText('invitation', 'it', {
          ...source,
          subject: source.subject.trim(),
          body: source.body.trimEnd(),
        }).length === 0,
      );
      if (!saved.ok) return;
      sent += 1;
      const person = await makeMember(deps.db, chapter.id, {
        firstName,
        email: `${randomUUID()}@example.org`,
      });
      const event = await makeEvent(deps, chapter.id);
      const shown = await previewText(
        deps,
        { template: 'invitation', locale: 'it' },
        { chapter, eventId: event.id, personId: person.id },
      );
      await workers.settle();
      const mail = sink.messagesTo(person.email as string).at(-1);
      const arrived = await mail?.parsed();
      const got = covered({
        subject: '',
        preheader: '',
        html: String(arrived?.html),
        text: arrived?.text ?? '',
      });
      expect(arrived?.subject?.replace(/\s+/g, ' ')).toBe(shown.subject);
      expect(got.text.trimEnd()).toBe(shown.text.trimEnd());
      expect(got.html.trimEnd()).toBe(shown.html.trimEnd());
      expect(shown.html).not.toMatch(/<script|href="javascript/i);
      await deps.db
        .updateTable('memberships')
        .set({ endsAt: deps.clock() })
        .where('personId', '=', person.id)
        .execute();
    }),
    { numRuns: 40, interruptAfterTimeLimit: 40_000 },
  );
  expect(sent).toBeGreaterThan(3);
}, 90_000);
