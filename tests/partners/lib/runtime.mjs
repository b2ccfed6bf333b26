// A runtime of its own for one part: a folder, a configuration with one or two connectors, the HTTP API.
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import {once} from 'node:events';

import {holds} from './report.mjs';
import {Child, finished, temporaryFolder, waitFor} from './processes.mjs';
import {BIN, ROOT} from './sandbox.mjs';

const PLUGINS = process.env.PERENNIAL_PLUGINS ?? path.join(BIN, '../lib/perennial/plugins');
const TOKEN = 'partners-token';

async function freePort() {
  const probe = net.createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const {port} = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

// A renewal as the CRM's connector would give it.
export function accepted(renewal, more = {}) {
  const lines = more.lines ?? [
    {
      line: '1',
      sku: 'PLAT-ENT',
      description: 'Platform Enterprise',
      quantity: '10',
      unit_price: '12.50',
      amount_minor: 12_500,
      period: {start: '2026-12-01', end: '2027-12-01'},
    },
    {
      line: '2',
      sku: 'SUPP-STD',
      description: 'Standard Support',
      quantity: '1',
      unit_price: '99.90',
      amount_minor: 9_990,
      period: {start: '2026-12-01', end: '2027-12-01'},
    },
  ];
  return {
    specversion: '1.0',
    id: `${renewal}-accepted`,
    source: 'partners',
    type: 'renewal.accepted.v1',
    subject: renewal,
    correlationid: renewal,
    time: '2026-11-24T10:00:00Z',
    datacontenttype: 'application/json',
    data: {
      renewal,
      opportunity: `0065g-${renewal}`,
      contract: 'C-100123',
      region: 'EMEA',
      currency: 'EUR',
      customer: {name: 'Aurora Foods GmbH', erp: '10100001', billing: 'cus_9s6', entitlement: 'aurora-foods'},
      term: {start: '2026-12-01', end: '2027-12-01'},
      lines,
      total_minor: lines.reduce((sum, line) => sum + line.amount_minor, 0),
      ...more,
    },
  };
}

export class Runtime {
  // `config` gives `connectors` and `pipelines`; secrets are name to value; mappings are folder to file to text.
  constructor({connectors, pipelines, secrets = {}, mappings = {}}) {
    this.folder = temporaryFolder('runtime');
    const write = (name, text) => {
      const file = path.join(this.folder, name);
      fs.mkdirSync(path.dirname(file), {recursive: true});
      fs.writeFileSync(file, text);
    };
    for (const [name, value] of Object.entries({...secrets, api_token: TOKEN})) write(`secrets/${name}`, value);
    for (const [name, text] of Object.entries(mappings)) write(name, text);
    this.parts = {connectors, pipelines};
    this.write = write;
  }

  async start() {
    this.port = await freePort();
    // JSON is YAML.
    this.write(
      'perennial.yaml',
      JSON.stringify(
        {
          schema_version: 1,
          data_dir: path.join(this.folder, 'data'),
          runtime: {partitions: 1, durability: 'os'},
          http: {
            listen: `127.0.0.1:${this.port}`,
            tokens: [{name: 'partners', role: 'admin', token: '${secret:api_token}'}],
          },
          secrets: path.join(this.folder, 'secrets'),
          plugins: {directories: [PLUGINS]},
          schemas: {directories: [path.join(ROOT, 'schemas/events')]},
          ...this.parts,
        },
        null,
        1,
      ),
    );
    this.child = new Child([path.join(BIN, 'perennial'), 'run', '--config', this.config], {name: 'perennial'});
    await waitFor(
      async () => {
        if (this.child.hasEnded) throw new Error(`perennial ended: ${this.child.text.slice(-3000)}`);
        try {
          return (await fetch(`http://127.0.0.1:${this.port}/ready`)).ok;
        } catch {
          return false;
        }
      },
      30,
      'the runtime to be ready',
    );
    return this;
  }

  get config() {
    return path.join(this.folder, 'perennial.yaml');
  }

  async api(target, method = 'GET', body, type = 'application/json') {
    const answer = await fetch(`http://127.0.0.1:${this.port}${target}`, {
      method,
      headers: {Authorization: `Bearer ${TOKEN}`, 'Content-Type': type},
      body: body && JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${target}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  }

  send(event) {
    return this.api('/v1/events', 'POST', event, 'application/cloudevents+json');
  }

  renewal(id) {
    return this.api(`/v1/renewals/${encodeURIComponent(id)}`);
  }

  // Waits for `isReached(shown)`; an exception that nobody is trying again ends the wait. Gives the renewal, its
  // timeline, deliveries and exceptions.
  async until(id, isReached, what, seconds = 60) {
    let shown;
    await waitFor(
      async () => {
        try {
          shown = await this.renewal(id);
        } catch (error) {
          if (/: 404 /.test(error.message)) return false;
          throw error;
        }
        const isStuck = shown.renewal.state === 'blocked' && shown.exceptions.every((one) => one.state !== 'trial');
        return isReached(shown) || isStuck;
      },
      seconds,
      `${id}: ${what}`,
    ).catch((error) => {
      throw new Error(`${error.message}: ${JSON.stringify(shown?.renewal)}\n${this.child.text.slice(-2000)}`);
    });
    const why = shown.exceptions.filter((one) => one.state === 'open').map((one) => `${one.cause}: ${one.text}`);
    holds(isReached(shown), `${id}: ${what}`, why.join('; '));
    return shown;
  }

  rest(id, state) {
    return this.until(id, (shown) => shown.renewal.state === state, state);
  }

  done(id, operation) {
    return this.until(id, (shown) => doneOf(shown, operation).length > 0, `${operation} done`);
  }

  async openExceptions(renewal) {
    const {exceptions} = await this.api(`/v1/exceptions?state=open&correlation=${renewal}`);
    return exceptions;
  }

  // The exit code of `connector check`, and its findings as {name: level}.
  async check(connector) {
    const {findings} = await this.api(`/v1/connectors/${connector}/check`);
    const {code} = await finished([
      path.join(BIN, 'perennial'),
      'connector',
      'check',
      connector,
      '--config',
      this.config,
    ]);
    return {code, findings: Object.fromEntries(findings.map((finding) => [finding.name, finding.level]))};
  }

  stop() {
    return this.child.stop();
  }
}

// The record of a timeline with what a delivery ended with.
export function doneOf(shown, operation) {
  return shown.timeline.filter((line) => line.kind === 'delivery.done' && line.operation === operation);
}
