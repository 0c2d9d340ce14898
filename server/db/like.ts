/** Words as LIKE and ILIKE find them and nothing else: what means something to a pattern means itself. */
export function literal(words: string): string {
  return words.replace(/[\\%_]/g, '\\$&');
}

/** The pattern of whatever contains some words. */
export function containing(words: string): string {
  return `%${literal(words)}%`;
}
