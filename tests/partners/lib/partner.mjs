// A partner's server as a process of its own, behind the front that counts calls and loses answers (servers/obey.mjs).
import path from 'node:path';

import {Child} from './processes.mjs';

export class PartnerServer {
  static async start(file, ...options) {
    const partner = new this();
    const server = path.join(import.meta.dirname, '../servers', file);
    const command = [process.execPath, server, ...options.map((one) => JSON.stringify(one))];
    partner.child = new Child(command, {name: file});
    partner.url = (await partner.child.says(/^listening (\S+)/m))[1];
    return partner;
  }

  // Tells the front something; gives the calls so far.
  async tell(asked) {
    const told = this.child.text.length;
    this.child.process.stdin.write(`${JSON.stringify(asked)}\n`);
    const answer = new RegExp(`^[^]{${told}}[^]*?calls (.*)\n`);
    return JSON.parse((await this.child.says(answer))[1]);
  }

  // The calls that changed something, or tried to.
  async changes() {
    return (await this.tell({calls: true})).filter((call) => call.method !== 'GET');
  }

  stop() {
    return this.child.stop();
  }
}
