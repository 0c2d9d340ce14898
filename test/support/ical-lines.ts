/**
 * What a strict reader of RFC 5545 finds wrong with a calendar: its lines, their grammar, the nesting of components and
 * the properties that each must have. It shares no code with what wrote it.
 */
export function problemsOf(text: string): string[] {
  const problems: string[] = [];
  if (!text.endsWith('\r\n')) problems.push('does not end with CRLF');
  if (/[^\r]\n|\r(?!\n)/.test(text)) problems.push('a bare CR or LF');
  const physical = text.split('\r\n').slice(0, -1);
  for (const line of physical) {
    const octets = Buffer.byteLength(line);
    if (octets > 75) problems.push(`${octets} octets: ${line}`);
    if (!line.isWellFormed()) problems.push(`half a character: ${line}`);
    if (line === '') problems.push('an empty line');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(line)) problems.push(`a control character: ${line}`);
  }

  const open: { name: string; properties: string[] }[] = [];
  for (const line of text.replaceAll('\r\n ', '').split('\r\n').slice(0, -1)) {
    const content = contentLine.exec(line)?.groups;
    if (!content) {
      problems.push(`not a content line: ${line}`);
      continue;
    }
    const name = (content.name ?? '').toUpperCase();
    const value = content.value ?? '';
    if (name === 'BEGIN') open.push({ name: value, properties: [] });
    else if (name === 'END') problems.push(...close(open, value));
    else {
      open.at(-1)?.properties.push(name);
      problems.push(...checkValue(name, content.parameters ?? '', value));
    }
  }
  if (open.length > 0) problems.push(`never closed: ${open.map(({ name }) => name).join(' ')}`);
  return problems;
}

const contentLine = new RegExp(
  '^(?<name>[A-Za-z0-9-]+)' +
    '(?<parameters>(?:;[A-Za-z0-9-]+=(?:"[^"]*"|[^";:,]*)(?:,(?:"[^"]*"|[^";:,]*))*)*)' +
    ':(?<value>.*)$',
  'u',
);

const required: Record<string, string[]> = {
  VCALENDAR: ['VERSION', 'PRODID', 'METHOD'],
  VEVENT: ['UID', 'DTSTAMP', 'SEQUENCE', 'DTSTART', 'DTEND', 'SUMMARY', 'STATUS'],
  VTIMEZONE: ['TZID'],
  STANDARD: ['DTSTART', 'TZOFFSETFROM', 'TZOFFSETTO'],
  DAYLIGHT: ['DTSTART', 'TZOFFSETFROM', 'TZOFFSETTO'],
};

function close(open: { name: string; properties: string[] }[], name: string): string[] {
  const component = open.pop();
  if (component?.name !== name) return [`END:${name} closes ${component?.name ?? 'nothing'}`];
  const counts = Map.groupBy(component.properties, (property) => property);
  return (required[name] ?? [])
    .filter((property) => counts.get(property)?.length !== 1)
    .map((property) => `${name} has ${counts.get(property)?.length ?? 0} of ${property}`);
}

const texts = [
  'SUMMARY',
  'LOCATION',
  'DESCRIPTION',
  'UID',
  'STATUS',
  'METHOD',
  'PRODID',
  'TZID',
  'X-WR-CALNAME',
];
const forms: Record<string, RegExp> = {
  DTSTAMP: /^\d{8}T\d{6}Z$/,
  'LAST-MODIFIED': /^\d{8}T\d{6}Z$/,
  DTSTART: /^\d{8}T\d{6}$/,
  DTEND: /^\d{8}T\d{6}$/,
  SEQUENCE: /^\d+$/,
  ORGANIZER: /^mailto:[!-~]+@[!-~]+$/,
  ATTENDEE: /^mailto:[!-~]+@[!-~]+$/,
  TZOFFSETFROM: /^[+-]\d{4}$/,
  TZOFFSETTO: /^[+-]\d{4}$/,
  'REFRESH-INTERVAL': /^PT\d+H$/,
};

function checkValue(name: string, parameters: string, value: string): string[] {
  const problems: string[] = [];
  // Every backslash begins \\ \; \, or \n; a bare semicolon or comma would end the value.
  if (texts.includes(name) && !/^(?:[^\\;,]|\\[\\;,nN])*$/u.test(value))
    problems.push(`badly escaped ${name}: ${value}`);
  const form = forms[name];
  if (form && !form.test(value)) problems.push(`not a ${name}: ${value}`);
  if (name === 'DTEND' && !/;TZID=/.test(parameters)) problems.push('a floating DTEND');
  return problems;
}
