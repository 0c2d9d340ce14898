import { createSession } from '../../server/organizers/sessions.ts';
import type { TestService } from '../support/app.ts';
import { type Visitor, visitor } from './visitor.ts';

/** A coordinator's browser, signed in. */
export async function atTheDesk(service: TestService, personId: string): Promise<Visitor> {
  const secret = await createSession(service.db, personId, service.clock());
  return visitor(service.url, { ritrovo_desk: secret });
}
