import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What takes minutes begins first, so that at the end nobody waits for it alone. */
const long = [
  'desk/stored-xss',
  'desk/axe-phone',
  'desk/axe-desktop',
  'public/axe',
  'deliveries/chaos',
  'introductions/privacy',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const found = long.findIndex((name) => moduleId.includes(`/test/${name}.`));
      return found < 0 ? long.length : found;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

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
    sequence: { sequencer: LongestFirst },
    // As long as Playwright waits: a page that does its work a moment later on a busy machine is not wrong.
    expect: { poll: { timeout: 10_000 } },
  },
});
