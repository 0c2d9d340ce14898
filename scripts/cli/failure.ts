/** What a command could not do, in one line that says what to do instead. */
export class CliError extends Error {}
