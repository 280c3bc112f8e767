import { runService } from '@ubt/service-kit';
import { serveUnlearner } from './server.js';

await runService('unlearner', (env) => serveUnlearner({ env }));
