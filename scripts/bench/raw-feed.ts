import Fastify from 'fastify';

/**
 * The raw limit of feeds: a Fastify of its own that answers a constant as long as the feed, or 304, and asks nobody. A
 * process of its own, as the service is. Called with the length in bytes; says its address on standard output.
 */
const constant = 'x'.repeat(Number(process.argv[2]));
const server = Fastify({ logger: false });
server.get('/', async (_request, reply) => reply.type('text/calendar; charset=utf-8').send(constant));
server.get('/unchanged', async (_request, reply) => reply.code(304).send());
process.once('SIGTERM', () => void server.close().then(() => process.exit(0)));
process.stdout.write(`${await server.listen({ host: '127.0.0.1', port: 0 })}\n`);
