import { runService } from '@ubt/service-kit';
import { serveSelector } from './server.js';

await runService('selector', (env) => serveSelector({ env }));
