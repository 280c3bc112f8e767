import { createLogger } from '../src/index.js';

/** Logs a hundred lines to standard output, wherever that leads, and says so on standard error. */
const logger = createLogger({ name: 'spec' });
for (let line = 0; line < 100; line++) logger.info({ line }, 'a line');
setTimeout(() => process.stderr.write('still there'), 200);
