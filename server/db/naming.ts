import { CamelCasePlugin, type CamelCasePluginOptions } from 'kysely';

/** The keys inside a jsonb value are data, not columns: they stay as they were written. */
export const naming: CamelCasePluginOptions = { maintainNestedObjectKeys: true };

/** Kysely's own rule from a column to its name in the code. */
class Naming extends CamelCasePlugin {
  nameOf(column: string): string {
    return this.camelCase(column);
  }
}

const rule = new Naming(naming);
export const nameOfColumn = (column: string) => rule.nameOf(column);
