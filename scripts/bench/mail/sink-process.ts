import { createServer, type Socket } from 'node:net';

/** As little of an SMTP server as can take mail: `node sink-process.ts PORT`. It keeps nothing. */

const end = Buffer.from('\r\n.\r\n');

function serve(socket: Socket): void {
  let inBody = false;
  let left: Buffer = Buffer.alloc(0);
  socket.setNoDelay(true);
  socket.on('error', () => {});
  socket.write('220 sink\r\n');
  socket.on('data', (chunk: Buffer) => {
    let rest: Buffer = left.length > 0 ? Buffer.concat([left, chunk]) : chunk;
    for (;;) {
      if (inBody) {
        const at = rest.indexOf(end);
        if (at < 0) {
          // The end may come in two pieces.
          left = Buffer.from(rest.subarray(-4));
          return;
        }
        inBody = false;
        rest = rest.subarray(at + end.length);
        socket.write('250 2.0.0 Ok\r\n');
        continue;
      }
      const at = rest.indexOf('\r\n');
      if (at < 0) {
        left = Buffer.from(rest);
        return;
      }
      const verb = rest.toString('latin1', 0, Math.min(4, at)).toUpperCase();
      rest = rest.subarray(at + 2);
      if (verb === 'EHLO') socket.write('250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n');
      else if (verb === 'DATA') {
        inBody = true;
        socket.write('354 go on\r\n');
      } else if (verb === 'QUIT') socket.end('221 bye\r\n');
      else socket.write('250 2.0.0 Ok\r\n');
    }
  });
}

createServer(serve).listen(Number(process.argv[2]), '127.0.0.1');
process.on('disconnect', () => process.exit(0));
