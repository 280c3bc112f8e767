/** A failure that is fully told by its message: no stack trace is wanted. */
export class Failure extends Error {
  /**
   * @param {string} message what failed and what to do
   * @param {number} exitCode of the whole command
   */
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}
