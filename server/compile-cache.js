// Loaded before everything else (see the scripts in package.json): types are stripped and code is compiled once, not at
// every start. Plain JavaScript, so that Node need not load its TypeScript stripper when all is in the cache.
import { enableCompileCache } from 'node:module';

enableCompileCache();
