import type { Topic } from '../web/links.ts';

const topics: Record<string, Topic> = {
  invitation: 'invitation',
  chase: 'invitation',
  reminder: 'reminder',
  thanks: 'thanks',
  thanks_attended: 'thanks',
  thanks_missed: 'thanks',
  thanks_declined: 'thanks',
  feedback: 'feedback',
  introduction: 'introduction',
  announcement: 'announcement',
};

/** What one opts out of when one no longer wants a kind of mail; null for what always arrives. */
export function topicOf(kind: string): Topic | null {
  return topics[kind] ?? null;
}
