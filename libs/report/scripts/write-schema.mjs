// Writes report.schema.json from the built package: npm run schema -w @ubt/report
import { writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { reportJsonSchema } from '../dist/index.js';

const file = new URL('../report.schema.json', import.meta.url);
const options = await resolveConfig(file);
writeFileSync(file, await format(JSON.stringify(reportJsonSchema()), { ...options, parser: 'json' }));
