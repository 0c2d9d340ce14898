/** What time it is. Passed in everywhere, so that a test can say it. */
export type Clock = () => Date;

export const systemClock: Clock = () => new Date();
