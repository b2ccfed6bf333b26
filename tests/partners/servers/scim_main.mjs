// Runs one SCIM service: node scim_main.mjs '{"token": "..", "patch": false}'. A line of JSON on standard input asks the
// front before it: {"lose": ["PATCH", "/Users/"]} loses the next answer, {"calls": true} prints the calls so far.
import readline from 'node:readline';

import {Front} from './front.mjs';
import {scimService} from './scim.mjs';

const front = await new Front(scimService(JSON.parse(process.argv[2]))).listen();
process.stdout.write(`listening ${front.url}\n`);
for await (const line of readline.createInterface({input: process.stdin})) {
  const asked = JSON.parse(line);
  if (asked.lose) front.loseAnswer(asked.lose[0], new RegExp(asked.lose[1]));
  process.stdout.write(`calls ${JSON.stringify(front.calls)}\n`);
}
