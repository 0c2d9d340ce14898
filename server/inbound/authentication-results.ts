/**
 * Whether a relay that the operator trusts says that a mail passed DMARC for a domain. It speaks in the header that it put
 * on top of the others (RFC 8601 section 5): what stands below came with the mail, and anybody may have written it.
 * @param lines the mail's header lines in their order, `key` in lower case
 * @param relay its authserv-id
 * @param domain of From, in A-labels and lower case
 */
export function relayVouches(
  lines: readonly { key: string; line: string }[],
  relay: string,
  domain: string,
): boolean {
  const top = lines.find(({ key }) => key === 'authentication-results');
  if (!top) return false;
  const [id = '', ...results] = split(withoutComments(top.line.slice(top.line.indexOf(':') + 1)), ';');
  // A version may follow the name.
  if (unquoted(id.trim().split(/\s+/)[0] ?? '').toLowerCase() !== relay.toLowerCase()) return false;
  const verdicts = results.map((result) => split(result.trim(), ' ').filter(Boolean)).filter(isDmarc);
  return verdicts.length > 0 && verdicts.every((words) => passesFor(words, domain));
}

const isDmarc = ([method = '']: string[]) => /^dmarc(\/\d+)?=/i.test(method);

function passesFor([method = '', ...properties]: string[], domain: string): boolean {
  const named = properties.flatMap((word) => {
    const [, value] = /^header\.from=(.*)$/i.exec(word) ?? [];
    return value === undefined ? [] : [unquoted(value).toLowerCase().replace(/^.*@/, '')];
  });
  return /^dmarc(\/1)?=pass$/i.test(method) && named.length === 1 && named[0] === domain;
}

/** RFC 5322 section 3.2.2: comments may nest, and what is quoted is none. */
function withoutComments(value: string): string {
  let depth = 0;
  let isQuoted = false;
  let clean = '';
  for (let at = 0; at < value.length; at += 1) {
    const character = value[at] as string;
    if (character === '\\' && (isQuoted || depth > 0)) {
      at += 1;
      if (isQuoted) clean += `\\${value[at] ?? ''}`;
    } else if (character === '"' && depth === 0) {
      isQuoted = !isQuoted;
      clean += character;
    } else if (character === '(' && !isQuoted) depth += 1;
    else if (character === ')' && !isQuoted && depth > 0) depth -= 1;
    else if (depth === 0) clean += /\s/.test(character) ? ' ' : character;
  }
  // Around "=" a space may stand.
  return depth > 0 || isQuoted ? '' : clean.replace(/ *= */g, '=');
}

/** Parts between a separator that is not quoted. */
function split(value: string, separator: string): string[] {
  const parts = [''];
  let isQuoted = false;
  for (let at = 0; at < value.length; at += 1) {
    const character = value[at] as string;
    if (character === '"') isQuoted = !isQuoted;
    if (character === separator && !isQuoted) parts.push('');
    else parts[parts.length - 1] += character === '\\' && isQuoted ? `\\${value[++at] ?? ''}` : character;
  }
  return parts;
}

const unquoted = (value: string) => value.replace(/^"(.*)"$/, '$1').replace(/\\(.)/g, '$1');
