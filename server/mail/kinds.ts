import type { MailKind } from '../mailings/timing.ts';

const bulk: ReadonlySet<string> = new Set<MailKind>([
  'invitation',
  'chase',
  'reminder',
  'thanks',
  'thanks_attended',
  'thanks_missed',
  'thanks_declined',
  'feedback',
  'announcement',
  'introduction',
]);

/** Whether a kind of mail carries the `List-*` headers and can be unsubscribed from. */
export function isBulk(kind: string): boolean {
  return bulk.has(kind);
}
