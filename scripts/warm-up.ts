/**
 * Fills the compile cache (server/compile-cache.js) with what the service loads, so that its first start is as quick
 * and as small as the next ones. Run by `npm ci`, and when the container is built.
 */
import { readdirSync } from 'node:fs';
import { flushCompileCache } from 'node:module';

const migrations = readdirSync(new URL('../migrations/', import.meta.url));
const modules = ['main', 'service', 'worker', 'api/routes', 'db/embedded'].map(
  (name) => `../server/${name}.ts`,
);
for (const module of [...modules, ...migrations.map((file) => `../migrations/${file}`)]) await import(module);
flushCompileCache();
// Some of these keep timers of their own.
process.exit(0);
