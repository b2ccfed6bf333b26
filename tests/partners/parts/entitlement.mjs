// Our entitlement connector against scimmy with scimmy-routers: as it is, with bulk and ETags off, and without PATCH.
import {PartnerServer} from '../lib/partner.mjs';
import {equal} from '../lib/report.mjs';
import {Runtime, accepted, doneOf} from '../lib/runtime.mjs';

export const title = 'our entitlement connector against scimmy 1.3.5 with scimmy-routers 1.3.2';

const URN = 'urn:ietf:params:scim:schemas:extension:access:2.0:User';
const TOKEN = 'scim-partner-token';

class Partner extends PartnerServer {
  async call(target, method = 'GET', body) {
    const answer = await fetch(`${this.url}/scim/v2${target}`, {
      method,
      headers: {Authorization: `Bearer ${TOKEN}`, 'Content-Type': 'application/scim+json'},
      body: body && JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${target}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  }

  user(externalId, until) {
    return this.call('/Users', 'POST', {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:User', URN],
      userName: `${externalId}@customer.test`,
      externalId,
      displayName: 'Aurora Foods',
      emails: [{value: `${externalId}@customer.test`, primary: true}],
      [URN]: {accessUntil: until, contract: 'C-old'},
    });
  }
}

async function startRuntime(partner, config = {}) {
  const runtime = new Runtime({
    secrets: {access_token: TOKEN},
    connectors: {
      access: {
        plugin: 'entitlement',
        hosting: 'process',
        config: {
          base_url: `${partner.url}/scim/v2`,
          auth: {kind: 'bearer', token: '${secret:access_token}'},
          extension_urn: URN,
          until_attribute: 'accessUntil',
          ...config,
        },
        retry: {wait_min: 'PT0.1S', wait_max: 'PT0.5S', tries_max: 8},
      },
    },
    pipelines: {'extend-access': {from: 'renewal.accepted.v1', to: 'access.extend'}},
  });
  return runtime.start();
}

const event = (renewal, entitlement) => accepted(renewal, {customer: {name: 'Aurora Foods GmbH', entitlement}});

// What every variant must do; `method` is how a change travels there.
async function extending(report, variant, partner, runtime, method) {
  await report.check(`${variant}: access is extended by ${method}, the rest of the user stays`, async () => {
    const before = await partner.user('aurora', '2026-12-01');
    await runtime.send(event('R-000001', 'aurora'));
    const shown = await runtime.rest('R-000001', 'settled');
    equal(doneOf(shown, 'extend')[0].detail.receipt, {entitlement: before.id, until: '2027-12-01'}, 'receipt');
    const after = await partner.call(`/Users/${before.id}`);
    equal(after[URN], {accessUntil: '2027-12-01', contract: 'C-100123', correlationId: 'R-000001'}, 'extension');
    equal(
      [after.userName, after.displayName, after.emails],
      [before.userName, before.displayName, before.emails],
      'user',
    );
    equal(
      (await partner.changes()).filter((call) => call.url.includes('/Users/')).map((call) => call.method),
      [method],
      'changes',
    );
  });
  await report.check(`${variant}: a lost answer leaves one change, found done when it is looked at again`, async () => {
    const {id} = await partner.user('boreal', '2026-12-01');
    await partner.tell({lose: [method, `/Users/${id}`]});
    await runtime.send(event('R-000002', 'boreal'));
    await runtime.rest('R-000002', 'settled');
    const changes = (await partner.changes()).filter((call) => call.url.endsWith(`/Users/${id}`));
    equal(
      changes.map((call) => [call.method, call.isLost ?? false]),
      [[method, true]],
      'changes',
    );
    equal((await partner.call(`/Users/${id}`))[URN].accessUntil, '2027-12-01', 'end of access');
  });
  await report.check(`${variant}: a user that nobody has is an exception`, async () => {
    await runtime.send(event('R-000003', 'nobody'));
    await runtime.rest('R-000003', 'blocked');
    const [exception] = await runtime.openExceptions('R-000003');
    equal([exception.cause, exception.code], ['rejected', 'user_missing'], 'cause and code');
  });
  await report.check(`${variant}: access that lasts longer is not shortened`, async () => {
    const {id} = await partner.user('cirrus', '2029-01-01');
    await runtime.send(event('R-000004', 'cirrus'));
    await runtime.rest('R-000004', 'blocked');
    equal((await runtime.openExceptions('R-000004'))[0].code, 'would_shorten', 'code');
    equal((await partner.call(`/Users/${id}`))[URN].accessUntil, '2029-01-01', 'end of access');
  });
  await report.check(`${variant}: an external id with blanks, signs and umlauts is found by its filter`, async () => {
    const {id} = await partner.user("Müller & Söhne + Co's (100%)", '2026-12-01');
    await runtime.send(event('R-000005', "Müller & Söhne + Co's (100%)"));
    await runtime.rest('R-000005', 'settled');
    equal((await partner.call(`/Users/${id}`))[URN].accessUntil, '2027-12-01', 'end of access');
  });
}

async function checking(report, variant, runtime, wanted) {
  await report.check(`${variant}: connector check reads ServiceProviderConfig, Schemas and ResourceTypes`, async () => {
    const {code, findings} = await runtime.check('access');
    equal([code, findings], [0, wanted], 'exit code and findings');
  });
}

async function misconfigured(report, partner) {
  await report.check('as it is: an extension that the service does not have is found by connector check', async () => {
    const runtime = await startRuntime(partner, {extension_urn: 'urn:example:none:2.0:User'});
    const {code, findings} = await runtime.check('access');
    await runtime.stop();
    equal([code, findings.resource_type], [1, 'error'], 'exit code and finding');
  });
  await report.check('as it is: a wrong token is an exception for whoever owns the credentials', async () => {
    const runtime = await startRuntime(partner, {auth: {kind: 'bearer', token: '${secret:api_token}'}});
    const {code, findings} = await runtime.check('access');
    await runtime.stop();
    equal([code, findings], [1, {service: 'error'}], 'exit code and findings');
  });
}

export async function run(report) {
  const variants = [
    ['as it is', {}, 'PATCH', {patch: 'ok', etag: 'warning', schema: 'ok', resource_type: 'ok'}],
    ['bulk and ETags off', {bulk: false}, 'PATCH', {patch: 'ok', etag: 'warning', schema: 'ok', resource_type: 'ok'}],
    [
      'PATCH off too',
      {bulk: false, patch: false},
      'PUT',
      {patch: 'warning', etag: 'warning', schema: 'ok', resource_type: 'ok'},
    ],
  ];
  for (const [variant, options, method, findings] of variants) {
    const partner = await Partner.start('scim_main.mjs', {token: TOKEN, ...options});
    await report.check(`${variant}: the service says what it supports`, async () => {
      const config = await partner.call('/ServiceProviderConfig');
      equal(
        [config.patch.supported, config.etag.supported, config.bulk.supported],
        [options.patch ?? true, false, options.bulk ?? true],
        'patch, etag and bulk',
      );
    });
    const runtime = await startRuntime(partner);
    await extending(report, variant, partner, runtime, method);
    await checking(report, variant, runtime, findings);
    await runtime.stop();
    if (variant === 'as it is') await misconfigured(report, partner);
    await partner.stop();
  }
  report.lacks('ETags: scimmy gives no meta.version and reads no If-Match, so 412 is tested against the sandbox only');
  report.lacks(
    'a service of its own: the store in memory, the extension and the 501 for PATCH are ours (servers/scim.mjs)',
  );
  report.lacks(
    "quotes inside a filter's text: its parser does not read escapes, so those are tested against the sandbox only",
  );
  report.lacks('OAuth 2.0 at the service: a static bearer token only');
}
