// Runs SAP CAP on the models in cap/: node cap_main.mjs. {"touch": true} on standard input changes an order right after
// it was next read, as a second clerk would.
import {createRequire} from 'node:module';
import {once} from 'node:events';
import path from 'node:path';

import {Front} from './front.mjs';
import {obey} from './obey.mjs';

const root = path.join(import.meta.dirname, 'cap');
process.chdir(root);
const require = createRequire(path.join(root, 'package.json'));
const cds = require('@sap/cds');
const express = require('express');

cds.root = root;
await cds.plugins;
const app = express();
// The framework listens where nobody but the v2 adapter asks, and on loopback only.
const listen = app.listen.bind(app);
app.listen = (port) => listen(port, '127.0.0.1');
const inner = await cds.server({app, port: 0, in_memory: true, service: 'all'});
if (!inner.listening) await once(inner, 'listening');
await cds.emit('listening', {server: inner, url: `http://127.0.0.1:${inner.address().port}`});

let isTouched = false;
cds.services.SalesOrders.after('READ', 'A_SalesOrder', async (rows) => {
  const [row] = [rows].flat();
  // The framework itself reads what it has just created; that is nobody's read.
  if (!isTouched || !row || cds.context.http?.req.method !== 'GET') return;
  isTouched = false;
  await UPDATE('SalesOrders.A_SalesOrder').with({DistributionChannel: '99'}).where({SalesOrder: row.SalesOrder});
});

await obey(await new Front(app).listen(), {
  touch: () => {
    isTouched = true;
  },
});
