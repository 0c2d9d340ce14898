import { readdirSync, readFileSync } from 'node:fs';

/**
 * Reports as mail servers write them. Those of Postfix 3.7 and Exim 4.96 are their own, made by letting them fail to
 * deliver a mail of ours (only hosts and addresses are changed); those of Gmail, Exchange, qmail and of feedback loops have
 * the structure of theirs, and our words.
 */
const folder = new URL('samples/', import.meta.url);

/** Where our mail had come from, and whom it was for, in each of them. */
const inSamples = {
  verp: 'agjv2pa7fz5dxdcnlzxxbamsumaaaaaaaaaaaaaaaaaaaaaaaaaa@bounces.incontri.example',
  to: 'giulia@example.org',
};

export type Written = { verp: string; to: string };

export const names = readdirSync(folder)
  .map((file) => file.replace(/\.eml$/, ''))
  .sort();

/** A report about a mail of one's own. */
export function sample(name: string, { verp, to }: Written = inSamples): string {
  return readFileSync(new URL(`${name}.eml`, folder), 'utf8')
    .replaceAll(inSamples.verp, verp)
    .replaceAll(inSamples.to, to);
}

export const verpInSamples = inSamples.verp;
