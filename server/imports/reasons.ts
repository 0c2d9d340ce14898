import type { Rejected } from './rules.ts';
import type { ImportOutcome } from './service.ts';

/** In English, for programs and the command line; pages have their own words. */

/** Why a line was not taken, and what to do about it. */
export function reasonInEnglish({ reason, otherLine }: Rejected): string {
  switch (reason) {
    case 'no_address':
      return 'There is no mail address.';
    case 'bad_address':
      return 'This is not a mail address such as anna@example.org.';
    case 'several_addresses':
      return 'There is more than one mail address: leave the one that she uses.';
    case 'twice':
      return `The same address stands in line ${otherLine}, which counts.`;
    case 'same_person':
      return `This is the person of line ${otherLine}, by an address that was hers.`;
    case 'name_too_long':
      return 'The name is longer than 100 characters.';
    case 'phone_too_long':
      return 'The phone number is longer than 40 characters.';
    case 'erased':
      return 'The person behind this address had herself erased: nobody but she can bring it back.';
    case 'former_member':
      return 'She left this chapter: ask her, and import with returning allowed if she wants to come back.';
    case 'broken':
      return 'A quotation mark opens here and does not close: nothing was read from this line on.';
  }
}

/** Why a file was not taken at all. */
export function fileRefusalInEnglish(reason: (ImportOutcome & { ok: false })['reason']): string {
  switch (reason) {
    case 'empty':
      return 'There is nothing in this file.';
    case 'spreadsheet':
      return 'This is a spreadsheet, not CSV: save it as CSV first.';
    case 'pdf':
      return 'This is a PDF, not CSV.';
    case 'too_many_lines':
      return 'A call takes 100,000 lines at most: divide the file, or use the command line.';
    case 'no_address_column':
      return 'No column with mail addresses was found: name it "E-mail" in the first line.';
  }
}
