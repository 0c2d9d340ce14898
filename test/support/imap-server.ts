import { type AddressInfo, createServer, type Socket } from 'node:net';

/**
 * One mailbox over IMAP4rev1 (RFC 3501) with IDLE (RFC 2177), as much of it as a reader of mail needs, that a test can
 * fill, look into, and cut off.
 */
export type ImapMessage = { uid: number; raw: Buffer; flags: Set<string> };

export type ImapServer = {
  url: string;
  messages: ImapMessage[];
  /** Puts a mail into the mailbox, and tells whoever has it open. */
  deliver(raw: string): ImapMessage;
  /** How many have logged in so far, and how many are here now. */
  counts: { logins: number; open: number; fetched: number };
  /** Answers every login with no, as long as it is set. */
  refusing: boolean;
  /** Nothing may be marked. */
  readOnly: boolean;
  /** Whether CAPABILITY offers IDLE. */
  idle: boolean;
  /** Cuts every connection; new ones are welcome. */
  drop(): void;
  close(): Promise<void>;
};

type Session = { socket: Socket; selected: boolean };

export async function startImapServer(user: string, pass: string): Promise<ImapServer> {
  const sessions = new Set<Session>();
  let lastUid = 0;

  const server = createServer((socket) => {
    const session: Session = { socket, selected: false };
    sessions.add(session);
    /** Takes the next line, where that is no command: IDLE's end, or credentials. */
    let expects: ((line: string) => void) | null = null;
    let held = '';
    const say = (line: string) => socket.writable && socket.write(`${line}\r\n`);
    socket.on('error', () => {});
    socket.on('close', () => sessions.delete(session));
    socket.on('data', (chunk) => {
      const lines = (held + chunk.toString('latin1')).split('\r\n');
      held = lines.pop() ?? '';
      for (const line of lines) {
        const expected = expects;
        expects = null;
        if (expected) {
          expected(line);
          continue;
        }
        const [, tag = '*', command = '', rest = ''] = /^(\S+) (\S+) ?(.*)$/.exec(line) ?? [];
        if (/^(idle|authenticate)$/i.test(command)) {
          expects = (next) => (/^idle$/i.test(command) ? say(`${tag} OK done`) : login(say, tag, next));
          say('+ ');
        } else {
          answer(session, say, tag, command.toUpperCase(), rest);
        }
      }
    });
    say('* OK ready');
  });

  function login(say: (line: string) => unknown, tag: string, credentials: string): void {
    const [, gotUser, gotPass] = Buffer.from(credentials, 'base64').toString().split('\0');
    if (imap.refusing || gotUser !== user || gotPass !== pass) {
      // Some servers repeat what they were given.
      say(`${tag} NO [AUTHENTICATIONFAILED] not with ${gotPass}`);
      return;
    }
    imap.counts.logins += 1;
    say(`${tag} OK welcome`);
  }

  function answer(
    session: Session,
    say: (line: string) => unknown,
    tag: string,
    command: string,
    rest: string,
  ): void {
    const ok = () => say(`${tag} OK ${command} done`);
    switch (command) {
      case 'CAPABILITY':
        say(`* CAPABILITY IMAP4rev1 ${imap.idle ? 'IDLE ' : ''}AUTH=PLAIN SASL-IR`);
        return void ok();
      case 'LIST':
        say('* LIST () "/" INBOX');
        return void ok();
      case 'SELECT':
        session.selected = true;
        say(`* ${imap.messages.length} EXISTS`);
        say('* FLAGS (\\Seen \\Flagged)');
        say('* OK [UIDVALIDITY 1] valid');
        say(`* OK [UIDNEXT ${lastUid + 1}] next`);
        say(`* OK [PERMANENTFLAGS (${imap.readOnly ? '' : '\\Seen \\Flagged'})] kept`);
        return void say(`${tag} OK [${imap.readOnly ? 'READ-ONLY' : 'READ-WRITE'}] selected`);
      case 'UID': {
        const [, sub = '', set = '', what = ''] = /^(\S+) (\S+) ?(.*)$/.exec(rest) ?? [];
        uidCommand(session, say, sub.toUpperCase(), set, what);
        return void ok();
      }
      case 'LOGOUT':
        say('* BYE');
        ok();
        return void session.socket.end();
      default:
        ok();
    }
  }

  function uidCommand(
    session: Session,
    say: (line: string) => unknown,
    command: string,
    set: string,
    what: string,
  ): void {
    if (command === 'SEARCH') {
      const unseen = imap.messages.filter(({ flags }) => !flags.has('\\Seen'));
      say(`* SEARCH ${unseen.map(({ uid }) => uid).join(' ')}`);
      return;
    }
    const index = imap.messages.findIndex(({ uid }) => uid === Number(set));
    const message = imap.messages[index];
    if (!message) return;
    if (command === 'STORE') {
      if (imap.readOnly) return;
      for (const [flag] of what.matchAll(/\\\w+/g)) message.flags.add(flag);
      say(`* ${index + 1} FETCH (UID ${message.uid} FLAGS (${[...message.flags].join(' ')}))`);
    } else if (command === 'FETCH') {
      imap.counts.fetched += 1;
      const [, length] = /BODY\.PEEK\[\]<0\.(\d+)>/.exec(what) ?? [];
      const part = message.raw.subarray(0, Number(length));
      session.socket.write(
        Buffer.concat([
          Buffer.from(
            `* ${index + 1} FETCH (UID ${message.uid} RFC822.SIZE ${message.raw.length} BODY[]<0> {${part.length}}\r\n`,
          ),
          part,
          Buffer.from(')\r\n'),
        ]),
      );
    }
  }

  const imap: ImapServer = {
    url: '',
    messages: [],
    deliver(raw) {
      lastUid += 1;
      const message = { uid: lastUid, raw: Buffer.from(raw), flags: new Set<string>() };
      imap.messages.push(message);
      for (const { socket, selected } of sessions)
        if (selected) socket.write(`* ${imap.messages.length} EXISTS\r\n`);
      return message;
    },
    counts: {
      logins: 0,
      fetched: 0,
      get open() {
        return [...sessions].filter(({ selected }) => selected).length;
      },
    },
    refusing: false,
    readOnly: false,
    idle: true,
    drop() {
      for (const { socket } of sessions) socket.destroy();
    },
    close() {
      imap.drop();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  imap.url = `imap://${encodeURIComponent(user)}:${encodeURIComponent(pass)}@127.0.0.1:${port}/INBOX`;
  return imap;
}
