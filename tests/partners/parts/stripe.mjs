// The vendor's own client against the sandbox's billing, in the API version that the client pins.
import http from 'node:http';
import {once} from 'node:events';

import Stripe from 'stripe';

import {equal, failureOf, holds, matches} from '../lib/report.mjs';
import {waitFor} from '../lib/processes.mjs';
import {BILLING_KEY, Sandbox} from '../lib/sandbox.mjs';

export const title = "stripe 23.1.0 (the official client) against the sandbox's billing";

const SECRETS = ['whsec_current', 'whsec_previous'];
const YEAR_S = 365 * 86_400;

function clientOf(sandbox, options = {}) {
  const {hostname, port} = new URL(sandbox.urls.billing);
  return new Stripe(BILLING_KEY, {
    host: hostname,
    port,
    protocol: 'http',
    telemetry: false,
    maxNetworkRetries: 0,
    ...options,
  });
}

// A webhook endpoint that keeps what it is sent, bytes unchanged.
async function listen() {
  const endpoint = {received: []};
  endpoint.server = http
    .createServer(async (request, response) => {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      endpoint.received.push({signature: request.headers['stripe-signature'], body: Buffer.concat(chunks)});
      response.writeHead(200).end();
    })
    .listen(0, '127.0.0.1');
  await once(endpoint.server, 'listening');
  endpoint.url = `http://127.0.0.1:${endpoint.server.address().port}/events`;
  return endpoint;
}

async function schedules(report, stripe, sandbox, renewal) {
  const id = renewal.subscription;
  const before = await stripe.subscriptions.retrieve(id);
  const schedule = await report.check(
    'schedule from a subscription: active, one phase that is its present term',
    async () => {
      const made = await stripe.subscriptionSchedules.create({from_subscription: id});
      const [phase] = made.phases;
      const {current_period_start: start, current_period_end: end} = before.items.data[0];
      equal(
        [made.status, made.subscription, made.end_behavior, made.phases.length],
        ['active', id, 'release', 1],
        'status, subscription, end and phases',
      );
      equal([phase.start_date, phase.end_date], [start, end], 'bounds of the phase');
      equal(
        phase.items.map((line) => [line.price, line.quantity]),
        before.items.data.map((line) => [line.price.id, line.quantity]),
        'lines',
      );
      equal((await stripe.subscriptions.retrieve(id)).schedule, made.id, 'schedule of the subscription');
      return made;
    },
  );
  if (!schedule) return;
  await report.check('other parameters beside from_subscription are refused', async () => {
    const error = await failureOf(
      () => stripe.subscriptionSchedules.create({from_subscription: id, end_behavior: 'cancel'}),
      'a refusal',
    );
    equal([error.type, error.param], ['StripeInvalidRequestError', 'end_behavior'], 'error');
  });
  await report.check('a subscription has one schedule only', async () => {
    const error = await failureOf(() => stripe.subscriptionSchedules.create({from_subscription: id}), 'a refusal');
    matches(error.message, /already attached to a schedule/, 'text');
  });
  await report.check('cancelling a scheduled subscription directly is refused', async () => {
    const error = await failureOf(
      () => stripe.subscriptions.update(id, {cancel_at: schedule.phases[0].end_date}),
      'a refusal',
    );
    matches(error.message, /managed by the subscription schedule/, 'text');
  });
  await phases(report, stripe, sandbox, schedule, before, renewal);
}

const posted = (phase) => ({
  start_date: phase.start_date,
  end_date: phase.end_date,
  items: phase.items.map((line) => ({price: line.price, quantity: line.quantity})),
});

async function phases(report, stripe, sandbox, schedule, before, renewal) {
  const [present] = schedule.phases;
  const price = before.items.data[0].price.id;
  const next = (more = {}) => ({
    items: [{price, quantity: 41, metadata: {line: 'renewed'}}],
    proration_behavior: 'none',
    metadata: {renewal_number: renewal.renewal},
    ...more,
  });
  await report.check('the present phase must be stated with the start that it has', async () => {
    const error = await failureOf(
      () =>
        stripe.subscriptionSchedules.update(schedule.id, {
          phases: [{...posted(present), start_date: present.start_date + 60}],
        }),
      'a refusal',
    );
    equal(error.type, 'StripeInvalidRequestError', 'type');
  });
  await report.check('phases follow each other without a gap', async () => {
    const error = await failureOf(
      () =>
        stripe.subscriptionSchedules.update(schedule.id, {
          phases: [posted(present), next({start_date: present.end_date + 60})],
        }),
      'a refusal',
    );
    matches(error.param, /^phases\[1\]/, 'param');
  });
  await report.check("a renewal as the next phase leaves today's subscription as it is", async () => {
    const changed = await stripe.subscriptionSchedules.update(schedule.id, {
      end_behavior: 'cancel',
      metadata: {renewal_number: renewal.renewal},
      phases: [posted(present), next({duration: {interval: 'year', interval_count: 1}})],
    });
    equal(changed.phases.length, 2, 'phases');
    equal(changed.phases[1].start_date, present.end_date, 'start of the next phase');
    holds(
      Math.abs(changed.phases[1].end_date - present.end_date - YEAR_S) <= 86_400,
      'a phase of one year',
      changed.phases[1],
    );
    const now = await stripe.subscriptions.retrieve(before.id);
    equal(
      now.items.data.map((line) => line.quantity),
      before.items.data.map((line) => line.quantity),
      'quantities',
    );
    equal(now.cancel_at, changed.phases[1].end_date, 'cancel_at, because the schedule ends by cancelling');
  });
  await report.check('the schedule is found by its customer, and expands its subscription', async () => {
    const {data} = await stripe.subscriptionSchedules.list({customer: before.customer, expand: ['data.subscription']});
    const listed = data.find((row) => row.id === schedule.id);
    equal(listed?.subscription?.id, before.id, 'subscription');
  });
  await report.check("the clock passes the term's end: the phase starts", async () => {
    await sandbox.control('/clock', 'PUT', {now: new Date((present.end_date + 1) * 1000).toISOString()});
    const now = await stripe.subscriptions.retrieve(before.id, {expand: ['schedule']});
    equal(
      now.items.data.map((line) => [line.price.id, line.quantity, line.metadata.line]),
      [[price, 41, 'renewed']],
      'lines',
    );
    equal(now.metadata.renewal_number, renewal.renewal, 'metadata');
    equal(now.items.data[0].current_period_start, present.end_date, 'start of the period');
    equal(now.schedule.current_phase.start_date, present.end_date, 'present phase');
  });
  await report.check('a released schedule lets its subscription go', async () => {
    const released = await stripe.subscriptionSchedules.release(schedule.id);
    equal(
      [released.status, released.released_subscription, released.subscription],
      ['released', before.id, null],
      'schedule',
    );
    const now = await stripe.subscriptions.retrieve(before.id);
    equal([now.status, now.schedule, now.cancel_at], ['active', null, null], 'subscription');
  });
  await report.check(
    'a schedule of a future subscription starts it when its day comes, and may be cancelled',
    async () => {
      const {now} = await sandbox.control('/clock');
      const start = Math.floor(Date.parse(now) / 1000) + 30 * 86_400;
      const planned = await stripe.subscriptionSchedules.create({
        customer: before.customer,
        start_date: start,
        end_behavior: 'release',
        phases: [next({duration: {interval: 'month', interval_count: 6}})],
      });
      equal([planned.status, planned.subscription], ['not_started', null], 'before its day');
      await sandbox.control('/clock', 'PUT', {advance_s: 31 * 86_400});
      const begun = await stripe.subscriptionSchedules.retrieve(planned.id);
      equal(begun.status, 'active', 'on its day');
      const ended = await stripe.subscriptionSchedules.cancel(planned.id);
      equal(
        [ended.status, (await stripe.subscriptions.retrieve(begun.subscription)).status],
        ['canceled', 'canceled'],
        'cancelled',
      );
    },
  );
}

async function invoices(report, stripe, renewal) {
  const made = [];
  await report.check('drafts with lines, finalized: numbers, totals and due dates', async () => {
    for (let index = 0; index < 13; index += 1) {
      const invoice = await stripe.invoices.create({
        customer: renewal.customer,
        collection_method: 'send_invoice',
        days_until_due: 30,
        auto_advance: false,
        pending_invoice_items_behavior: 'exclude',
        metadata: {referee: String(index)},
      });
      await stripe.invoiceItems.create({
        customer: renewal.customer,
        invoice: invoice.id,
        amount: 1000 + index,
        currency: invoice.currency,
        period: {start: 1_800_000_000, end: 1_831_536_000},
        description: `line ${index}`,
      });
      const open = await stripe.invoices.finalizeInvoice(invoice.id, {auto_advance: true});
      equal([open.status, open.total, open.lines.data.length], ['open', 1000 + index, 1], 'invoice');
      equal(open.due_date - open.status_transitions.finalized_at, 30 * 86_400, 'days until due');
      made.unshift(open.id);
    }
  });
  await report.check('auto-paging (for await) gives every invoice once, newest first', async () => {
    const ids = [];
    for await (const invoice of stripe.invoices.list({customer: renewal.customer, limit: 5})) ids.push(invoice.id);
    equal(ids, made, 'ids');
  });
  await report.check('auto-paging backwards by ending_before', async () => {
    const ids = [];
    for await (const invoice of stripe.invoices.list({
      customer: renewal.customer,
      limit: 4,
      ending_before: made.at(-1),
    })) {
      ids.push(invoice.id);
    }
    equal(ids, made.slice(0, -1).reverse(), 'ids');
  });
  await report.check('autoPagingToArray over events of one type', async () => {
    const events = await stripe.events.list({type: 'invoice.finalized', limit: 3}).autoPagingToArray({limit: 100});
    equal(
      events.map((event) => event.data.object.id),
      made,
      'invoices',
    );
  });
  await report.check('a draft can be deleted, an open invoice can not, but voided', async () => {
    const draft = await stripe.invoices.create({customer: renewal.customer});
    equal((await stripe.invoices.del(draft.id)).deleted, true, 'deleted');
    const error = await failureOf(() => stripe.invoices.del(made[0]), 'a refusal');
    equal(error.code, 'invoice_not_editable', 'code');
    equal((await stripe.invoices.voidInvoice(made[0])).status, 'void', 'status');
  });
  await report.check('an invoice of this API version has its payments as a list', async () => {
    const paid = await stripe.invoices.pay(made[1]);
    equal([paid.status, paid.payment_intent], ['paid', undefined], 'status and payment_intent');
    const {payments} = await stripe.invoices.retrieve(made[1], {expand: ['payments']});
    matches(payments.data[0].payment.payment_intent, /^pi_/, 'payment intent');
  });
}

async function webhooks(report, stripe, endpoint, renewal) {
  const sent = await report.check('a webhook that the sandbox sends passes constructEvent', async () => {
    const updated = await stripe.customers.update(renewal.customer, {description: 'signed'});
    const arrived = await waitFor(
      () =>
        endpoint.received.find(({body}) => {
          const event = JSON.parse(body);
          return event.type === 'customer.updated' && event.data.object.description === 'signed';
        }),
      20,
      'the webhook to arrive',
    );
    const event = stripe.webhooks.constructEvent(arrived.body, arrived.signature, SECRETS[0]);
    equal([event.type, event.data.object.id], ['customer.updated', updated.id], 'event');
    equal((await stripe.events.retrieve(event.id)).data.object, event.data.object, 'the same event over the API');
    return arrived;
  });
  if (!sent) return;
  await report.check('it carries a signature for the secret before the rotation too', () => {
    equal(stripe.webhooks.constructEvent(sent.body, sent.signature, SECRETS[1]).object, 'event', 'object');
  });
  await report.check('another secret is refused', async () => {
    const error = await failureOf(
      async () => stripe.webhooks.constructEvent(sent.body, sent.signature, 'whsec_other'),
      'a refusal',
    );
    equal(error.type, 'StripeSignatureVerificationError', 'type');
  });
  await report.check('a changed body is refused', async () => {
    const body = Buffer.from(sent.body.toString().replace('signed', 'forged'));
    const error = await failureOf(
      async () => stripe.webhooks.constructEvent(body, sent.signature, SECRETS[0]),
      'a refusal',
    );
    equal(error.type, 'StripeSignatureVerificationError', 'type');
  });
  await report.check('an old signature is refused', async () => {
    const late = Math.floor(Date.now() / 1000) + 301;
    const error = await failureOf(
      async () => stripe.webhooks.constructEvent(sent.body, sent.signature, SECRETS[0], 300, undefined, late * 1000),
      'a refusal',
    );
    equal(error.type, 'StripeSignatureVerificationError', 'type');
  });
}

async function errors(report, stripe, sandbox) {
  await report.check('a declined card is a card_error with its decline_code', async () => {
    await sandbox.control('/faults/preset', 'POST', {name: 'mixed', rate: 0, floor: 0, permanent: 8});
    const planted = (await sandbox.control('/planted')).find((cause) => cause.kind === 'card_declined');
    const declined = (await sandbox.control('/renewals')).find((row) => row.renewal === planted.renewal);
    const error = await failureOf(
      () => stripe.subscriptions.update(declined.subscription, {metadata: {renewal_number: planted.renewal}}),
      'a decline',
    );
    equal(
      [error.type, error.rawType, error.statusCode, error.code, error.decline_code],
      ['StripeCardError', 'card_error', 402, 'card_declined', 'insufficient_funds'],
      'error',
    );
    await sandbox.control('/planted', 'DELETE');
    await sandbox.control('/faults/preset', 'DELETE');
  });
  await report.check('the same idempotency key: one customer, the answer replayed', async () => {
    const options = {idempotencyKey: 'referee-1'};
    const first = await stripe.customers.create({name: 'Referee'}, options);
    const second = await stripe.customers.create({name: 'Referee'}, options);
    equal(second.id, first.id, 'id');
    equal(second.lastResponse.headers['idempotent-replayed'], 'true', 'Idempotent-Replayed');
  });
  await report.check('the same idempotency key with other parameters is an idempotency_error', async () => {
    const error = await failureOf(
      () => stripe.customers.create({name: 'Other'}, {idempotencyKey: 'referee-1'}),
      'a refusal',
    );
    equal([error.type, error.rawType, error.statusCode], ['StripeIdempotencyError', 'idempotency_error', 400], 'error');
  });
  await report.check('a throttled call is a rate limit error, which the client retries by itself', async () => {
    const fault = {system: 'billing', kind: '429', rate: 1, limit: 1};
    await sandbox.control('/faults', 'POST', fault);
    const error = await failureOf(() => stripe.customers.list(), 'a refusal');
    equal([error.type, error.statusCode], ['StripeRateLimitError', 429], 'error');
    await sandbox.control('/faults', 'POST', {...fault, kind: '503'});
    equal((await clientOf(sandbox, {maxNetworkRetries: 2}).customers.list({limit: 1})).data.length, 1, 'customers');
  });
  await report.check('a wrong key, a missing record and a bad parameter have their types', async () => {
    const {hostname: host, port} = new URL(sandbox.urls.billing);
    const stranger = new Stripe('sk_test_wrong', {
      host,
      port,
      protocol: 'http',
      telemetry: false,
      maxNetworkRetries: 0,
    });
    equal((await failureOf(() => stranger.customers.list(), 'a refusal')).type, 'StripeAuthenticationError', 'type');
    const missing = await failureOf(() => stripe.invoices.retrieve('in_missing'), 'a refusal');
    equal(
      [missing.type, missing.code, missing.statusCode],
      ['StripeInvalidRequestError', 'resource_missing', 404],
      'error',
    );
    const unknown = await failureOf(() => stripe.customers.create({nonsense: 'x'}), 'a refusal');
    equal([unknown.code, unknown.param], ['parameter_unknown', 'nonsense'], 'error');
  });
}

// Ids of a planned renewal as the billing system knows them.
const idsOf = ({renewal, subscription, billing_customer: customer}) => ({renewal, subscription, customer});

export async function run(report) {
  const endpoint = await listen();
  try {
    const sandbox = await Sandbox.start(
      '--renewals',
      '20',
      '--seed',
      '7',
      '--pay-after-ms',
      '-1',
      '--webhook-url',
      endpoint.url,
      '--webhook-secret',
      SECRETS[0],
      '--webhook-secret',
      SECRETS[1],
      '--stripe-version',
      '2026-10-28.endive',
    );
    const client = clientOf(sandbox);
    const renewals = (await sandbox.control('/renewals')).map(idsOf);
    await errors(report, client, sandbox);
    await invoices(report, client, renewals[0]);
    await webhooks(report, client, endpoint, renewals[1]);
    await schedules(report, client, sandbox, renewals[2]);
    report.lacks('the client is no server: it cannot say whether the real vendor would take the same calls');
    await sandbox.stop();
  } finally {
    endpoint.server.close();
  }
}
