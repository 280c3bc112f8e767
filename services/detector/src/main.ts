import { runService } from '@ubt/service-kit';
import { serveDetector } from './server.js';

await runService('detector', (env) => serveDetector({ env }));
