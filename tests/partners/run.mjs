// Runs the parts named on the command line, or all: node run.mjs [jsforce|stripe|billing|erp|entitlement ...]
import {stopAll} from './lib/processes.mjs';
import {Report} from './lib/report.mjs';

const PARTS = ['jsforce', 'stripe', 'billing', 'erp', 'entitlement'];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !PARTS.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`test_partners: expected ${PARTS.join(', ')}, but ${unknown.join(', ')} came\n`);
  process.exit(2);
}

const report = new Report();
for (const name of wanted.length > 0 ? wanted : PARTS) {
  const {title, run} = await import(`./parts/${name}.mjs`);
  report.part(name, title);
  try {
    await run(report);
  } catch (error) {
    report.fail('the part runs to its end', error);
  } finally {
    await stopAll();
  }
}
process.exitCode = report.close();
