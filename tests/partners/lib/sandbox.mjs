// The simulated estate as a process, and its credentials as sandbox/README.md states them.
import fs from 'node:fs';
import path from 'node:path';

import {Child, temporaryFolder, waitFor} from './processes.mjs';

export const ROOT = path.resolve(import.meta.dirname, '../../..');
export const BIN = process.env.PERENNIAL_BIN ?? path.join(ROOT, 'build/release/bin');

export const CRM = {id: 'perennial-sandbox-client', secret: 'perennial-sandbox-secret'};
export const BILLING_KEY = 'sk_test_perennial_sandbox';

export class Sandbox {
  static async start(...flags) {
    const sandbox = new Sandbox();
    const file = path.join(temporaryFolder('sandbox'), 'ports.json');
    sandbox.child = new Child([path.join(BIN, 'perennial-sandbox'), '--port', '0', '--ports-file', file, ...flags]);
    await waitFor(
      () => {
        if (sandbox.child.hasEnded) throw new Error(`the sandbox ended: ${sandbox.child.text}`);
        return fs.existsSync(file);
      },
      30,
      'the sandbox to listen',
    );
    sandbox.urls = JSON.parse(fs.readFileSync(file, 'utf8'));
    return sandbox;
  }

  async control(target, method = 'GET', body) {
    const answer = await fetch(this.urls.control + target, {method, body: body && JSON.stringify(body)});
    if (!answer.ok) throw new Error(`${method} ${target}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  stop() {
    return this.child.stop();
  }
}
