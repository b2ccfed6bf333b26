// Our billing connector against stripe-stateful-mock: keys, replays, declines, throttling and errors of a server that
// nobody here wrote.
import {createRequire} from 'node:module';

import {equal, holds, matches} from '../lib/report.mjs';
import {Runtime, accepted, doneOf} from '../lib/runtime.mjs';
import {Front} from '../servers/front.mjs';

export const title = 'our billing connector against stripe-stateful-mock 0.0.16';

const require = createRequire(import.meta.url);

// The partner has no way to change a subscription, but it charges cards under the same rules of keys and errors.
// This one rewriting of the path is ours; what comes back is the partner's.
function chargeInsteadOfChange(request) {
  if (request.method === 'POST' && request.url.startsWith('/v1/subscriptions/')) request.url = '/v1/charges';
}

// The parameters of a charge, from the contract number as the partner's source token.
const MAPPING = `part("renewal.accepted.v1").data as $renewal
| {subscription: $renewal.subscription,
   params: {amount: $renewal.total_minor, currency: "eur", source: $renewal.contract,
            metadata: {renewal_number: $renewal.renewal}}}
`;

async function startRuntime(front) {
  const runtime = new Runtime({
    secrets: {billing_api_key: 'sk_test_partner'},
    mappings: {'mappings/renew_subscription.jq': MAPPING},
    connectors: {
      billing: {
        plugin: 'billing',
        hosting: 'process',
        mappings: './mappings',
        config: {base_url: front.url, api_key: '${secret:billing_api_key}'},
        retry: {wait_min: 'PT0.1S', wait_max: 'PT0.5S', tries_max: 8},
      },
    },
    pipelines: {'renew-subscription': {from: 'renewal.accepted.v1', to: 'billing.renew_subscription'}},
  });
  return runtime.start();
}

class Partner {
  constructor(url) {
    this.url = url;
  }

  async call(path, form) {
    const answer = await fetch(this.url + path, {
      method: form ? 'POST' : 'GET',
      headers: {Authorization: 'Bearer sk_test_partner'},
      body: form && new URLSearchParams(form),
    });
    const body = await answer.json();
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${JSON.stringify(body)}`);
    return body;
  }

  async plan() {
    await this.call('/v1/plans', {
      id: 'plan_referee',
      currency: 'eur',
      interval: 'year',
      amount: '22490',
      'product[name]': 'Platform',
    });
  }

  // A subscription for a renewal: the connector reads it when it looks up what became of a change.
  async subscription() {
    const customer = await this.call('/v1/customers', {name: 'Aurora Foods'});
    return this.call('/v1/subscriptions', {customer: customer.id, 'items[0][plan]': 'plan_referee'});
  }

  async charges(renewal) {
    const {data} = await this.call('/v1/charges?limit=100');
    return data.filter((charge) => charge.metadata.renewal_number === renewal && charge.status === 'succeeded');
  }
}

async function settling(report, runtime, front, partner) {
  const chargeOf = async (number, source) => {
    const {id: subscription} = await partner.subscription();
    await runtime.send(accepted(number, {subscription, contract: source}));
    return subscription;
  };
  await report.check(
    'a form-encoded change with an Idempotency-Key is done; the partner keeps our metadata',
    async () => {
      const subscription = await chargeOf('R-000001', 'tok_visa');
      const shown = await runtime.rest('R-000001', 'settled');
      const [charge, ...more] = await partner.charges('R-000001');
      equal(more.length, 0, 'further charges');
      equal([charge.amount, charge.currency], [22_490, 'eur'], 'amount and currency');
      const [call] = front.made('POST', new RegExp(subscription));
      holds(call.key, 'an Idempotency-Key', call);
      equal(charge.metadata.renewal_key, call.key, 'our key in the metadata');
      equal(doneOf(shown, 'renew_subscription')[0].detail.receipt.subscription, charge.id, 'receipt');
    },
  );
  await report.check('a lost answer is repeated under the same key: the partner replays it, one charge', async () => {
    front.loseAnswer('POST', /^\/v1\/subscriptions\/sub_/);
    const subscription = await chargeOf('R-000002', 'tok_visa');
    await runtime.rest('R-000002', 'settled');
    const calls = front.made('POST', new RegExp(subscription));
    equal(calls.length, 2, 'calls');
    equal(calls[0].key, calls[1].key, 'key of the repetition');
    equal([calls[0].isLost, calls[1].isReplayed], [true, true], 'lost, then replayed');
    equal((await partner.charges('R-000002')).length, 1, 'charges');
  });
  await report.check('two 429 are waited out, then it is done: one charge', async () => {
    const subscription = await chargeOf('R-000003', 'tok_429|tok_429|tok_visa|third');
    await runtime.rest('R-000003', 'settled');
    const calls = front.made('POST', new RegExp(subscription));
    equal(
      calls.map((call) => call.status),
      [429, 429, 200],
      'statuses',
    );
    equal((await partner.charges('R-000003')).length, 1, 'charges');
  });
  await report.check(
    'an answered 500, which the partner keeps under its key, is looked up and left behind with its key: one charge',
    async () => {
      const subscription = await chargeOf('R-000004', 'tok_500|tok_visa|fourth');
      await runtime.rest('R-000004', 'settled');
      const calls = front.made('POST', new RegExp(subscription));
      equal(
        calls.map((call) => [call.status, call.isReplayed]),
        [
          [500, false],
          [500, true],
          [200, false],
        ],
        'answers',
      );
      equal([calls[0].key === calls[1].key, calls[1].key === calls[2].key], [true, false], 'same key, then another');
      equal((await partner.charges('R-000004')).length, 1, 'charges');
    },
  );
}

async function refusing(report, runtime, front, partner) {
  await report.check(
    'a declined card is an exception with its decline code; retrying it settles with one charge',
    async () => {
      const {id: subscription} = await partner.subscription();
      await runtime.send(
        accepted('R-000005', {subscription, contract: 'tok_chargeDeclinedInsufficientFunds|tok_visa|fifth'}),
      );
      await runtime.rest('R-000005', 'blocked');
      const [exception] = await runtime.openExceptions('R-000005');
      equal([exception.cause, exception.code], ['rejected', 'insufficient_funds'], 'cause and code');
      equal((await partner.charges('R-000005')).length, 0, 'charges before the retry');
      await runtime.api(`/v1/exceptions/${exception.id}/retry`, 'POST', {why: 'the customer has a new card'});
      await runtime.rest('R-000005', 'settled');
      const calls = front.made('POST', new RegExp(subscription));
      equal(
        calls.map((call) => call.status),
        [402, 200],
        'statuses',
      );
      equal((await partner.charges('R-000005')).length, 1, 'charges');
    },
  );
  await report.check("a bad parameter is an exception with the partner's code", async () => {
    const {id: subscription} = await partner.subscription();
    await runtime.send(accepted('R-000006', {subscription, contract: 'tok_visa', total_minor: 10}));
    await runtime.rest('R-000006', 'blocked');
    const [exception] = await runtime.openExceptions('R-000006');
    equal([exception.cause, exception.code], ['rejected', 'amount_too_small'], 'cause and code');
    matches(exception.text, /at least 50 cents/, 'text');
  });
  await report.check('connector check names what the account cannot do', async () => {
    const {code, findings} = await runtime.check('billing');
    equal(code, 1, 'exit code');
    equal(findings, {events: 'error', invoices: 'error', subscriptions: 'ok'}, 'findings');
  });
}

export async function run(report) {
  process.env.LOG_LEVEL = 'silent';
  const {createExpressApp} = require('stripe-stateful-mock');
  const front = await new Front(createExpressApp(), chargeInsteadOfChange).listen();
  try {
    const runtime = await startRuntime(front);
    const partner = new Partner(front.url);
    await partner.plan();
    await settling(report, runtime, front, partner);
    await refusing(report, runtime, front, partner);
    await runtime.stop();
  } finally {
    await front.close();
  }
  report.lacks('POST /v1/subscriptions/{id}: renew_subscription is handed to its POST /v1/charges instead');
  report.lacks('/v1/invoices and /v1/invoiceitems: issue_invoice is tested against the sandbox only');
  report.lacks('/v1/events and webhooks: the source of events is tested against the sandbox only');
  report.lacks('Stripe-Version: the partner speaks 2020-08-27 whatever it is asked');
}
