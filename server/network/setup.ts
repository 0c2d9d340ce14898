import { insertChapter, type NewChapter } from '../chapters/service.ts';
import type { Deps } from '../deps.ts';
import type { NewPerson } from '../people/service.ts';

export type Setup = { network: string; chapter: NewChapter; coordinator: NewPerson };

export type SetupOutcome =
  | { ok: true; personId: string; chapterId: string }
  /** One installation serves one network. */
  | { ok: false; reason: 'already_set_up'; network: string };

/** Makes the network, its first chapter, and its first coordinator, who administers the network too. */
export async function setUpNetwork(
  deps: Pick<Deps, 'db' | 'clock' | 'links'>,
  input: Setup,
): Promise<SetupOutcome> {
  const now = deps.clock();
  return deps.db.transaction().execute(async (trx): Promise<SetupOutcome> => {
    const made = await trx
      .insertInto('networks')
      .values({ name: input.network, locale: input.chapter.locale, createdAt: now })
      // The table takes one row: of two setups at once one finds it there.
      .onConflict((conflict) => conflict.doNothing())
      .returning('id')
      .executeTakeFirst();
    if (!made) {
      const { name } = await trx.selectFrom('networks').select('name').executeTakeFirstOrThrow();
      return { ok: false, reason: 'already_set_up', network: name };
    }
    const options = { actor: { kind: 'cli' }, now } as const;
    const outcome = await insertChapter(trx, deps, input.chapter, input.coordinator, options);
    if (!outcome.ok) throw new Error(`the first chapter was refused: ${outcome.reason}`);
    // Links of the first run have nothing left to open.
    await trx.deleteFrom('setUpLinks').execute();
    await trx
      .insertInto('networkAdministrators')
      .values({ personId: outcome.coordinator, createdAt: now })
      .execute();
    return { ok: true, personId: outcome.coordinator, chapterId: outcome.chapter.id };
  });
}
