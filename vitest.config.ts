import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    environment: 'node',
    globalSetup: 'test/support/global-setup.ts',
    // A process for each file: a test that kills, leaks or blocks does so alone.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    retry: 0,
    // As long as Playwright waits: a page that does its work a moment later on a busy machine is not wrong.
    expect: { poll: { timeout: 10_000 } },
  },
});
