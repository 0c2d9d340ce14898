// Loaded before everything else (see the scripts in package.json): types are stripped and code is compiled once, when
// the packages are installed, not at every start. Plain JavaScript, so that Node need not load its TypeScript stripper
// when all is in the cache, and so that an older Node is told what it lacks. Where the folder cannot be written, everything works, only slower.
import module from 'node:module';
import { fileURLToPath } from 'node:url';

if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error(
    `Ritrovo needs Node 24 or newer, and this is ${process.version}. On most platforms npm ci brings one along; install it where that is left out or has no build.`,
  );
  process.exit(1);
}

module.enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/ritrovo', import.meta.url)));
