import http from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A plain reverse proxy as one stands before several web processes: it asks each for its health, spreads requests over
 * those that are ready, keeps connections open, and tries another process where nothing of the request can have been
 * done: the connection was refused, or a request that may be repeated got no answer.
 */
export type ReverseProxy = {
  url: string;
  /** How often another process was tried. */
  retries: number;
  /** Waits until exactly these ports are ready. */
  sees(...ports: number[]): Promise<void>;
  close(): Promise<void>;
};

const healthEveryMs = 100;

export async function startReverseProxy(port: number, backends: readonly number[]): Promise<ReverseProxy> {
  const agents = new Map(backends.map((backend) => [backend, new http.Agent({ keepAlive: true })]));
  const ready = new Set<number>();
  let turn = 0;

  const checks = backends.map((backend) =>
    setInterval(async () => {
      const healthy = await fetch(`http://127.0.0.1:${backend}/health/ready`, {
        signal: AbortSignal.timeout(5_000),
      }).then(
        async (answer) => {
          await answer.arrayBuffer();
          return answer.ok;
        },
        () => false,
      );
      if (healthy) ready.add(backend);
      else ready.delete(backend);
    }, healthEveryMs),
  );

  function pass(
    { method, url, headers }: http.IncomingMessage,
    body: Buffer,
    response: http.ServerResponse,
    tried: readonly number[],
  ): void {
    const left = [...ready].filter((backend) => !tried.includes(backend));
    turn += 1;
    const backend = left[turn % left.length];
    if (backend === undefined) {
      response.writeHead(502).end('no process is ready');
      return;
    }
    const request = http.request({
      host: '127.0.0.1',
      port: backend,
      method,
      path: url,
      headers: { ...headers, connection: 'keep-alive', 'x-forwarded-for': '127.0.0.1' },
      agent: agents.get(backend) as http.Agent,
    });
    request.on('response', (answer) => {
      const { connection: _, ...passed } = answer.headers;
      response.writeHead(answer.statusCode ?? 502, passed);
      answer.pipe(response);
      answer.on('error', () => response.destroy());
    });
    request.on('error', (error: NodeJS.ErrnoException) => {
      const mayRepeat = error.code === 'ECONNREFUSED' || method === 'GET' || method === 'HEAD';
      if (response.headersSent || !mayRepeat) {
        if (response.headersSent) response.destroy();
        else response.writeHead(502).end(error.code);
        return;
      }
      proxy.retries += 1;
      pass({ method, url, headers } as http.IncomingMessage, body, response, [...tried, backend]);
    });
    request.end(body);
  }

  const server = http.createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    pass(request, Buffer.concat(chunks), response, []);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));

  const proxy: ReverseProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    retries: 0,
    async sees(...ports) {
      while (ready.size !== ports.length || !ports.every((one) => ready.has(one))) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    async close() {
      for (const check of checks) clearInterval(check);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      for (const agent of agents.values()) agent.destroy();
    },
  };
  return proxy;
}
