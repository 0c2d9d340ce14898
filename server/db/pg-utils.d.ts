/** What `pg` has and does not type: how it writes a value, which pg-cursor takes from there too. */
declare module 'pg/lib/utils.js' {
  const utils: { prepareValue(value: unknown): string | Buffer | null };
  export default utils;
}
