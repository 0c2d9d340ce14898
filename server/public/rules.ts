/** Whether a text can be a chapter's name in an address; anything else is asked of no table. */
export const isSlug = (text: string) => /^[a-z0-9-]{1,64}$/.test(text);

/** How long after its end an event's page still mails the link to say how it was. */
const asksForMs = 7 * 86_400_000;

/** Whether an event's page asks who was there: from its start on, until a week after its end. */
export function asksWhoWasThere(event: { state: string; startsAt: Date; endsAt: Date }, now: Date): boolean {
  const took = event.state === 'published' || event.state === 'ended';
  return took && now >= event.startsAt && now.getTime() <= event.endsAt.getTime() + asksForMs;
}
