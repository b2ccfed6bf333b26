// jsforce, the most used JavaScript client of the CRM's API, against the sandbox's CRM.
import jsforce from 'jsforce';

import {equal, failureOf, holds, matches} from '../lib/report.mjs';
import {CRM, Sandbox} from '../lib/sandbox.mjs';

export const title = "jsforce 3.10.16 against the sandbox's CRM";

const VERSION = '61.0';
// Query Options Header (REST API Developer Guide): batchSize from 200 to 2000; fewer rows a page are not to be had.
const PAGE = 200;
const PAGED = {'Sforce-Query-Options': `batchSize=${PAGE}`};

async function logOn(report, sandbox) {
  return report.check('OAuth client credentials give a token and the instance', async () => {
    const connection = new jsforce.Connection({
      oauth2: {clientId: CRM.id, clientSecret: CRM.secret, loginUrl: sandbox.urls.crm},
      instanceUrl: sandbox.urls.crm,
      version: VERSION,
    });
    await connection.authorize({grant_type: 'client_credentials'});
    holds(connection.accessToken, 'an access token', connection.accessToken);
    equal(connection.instanceUrl, sandbox.urls.crm, 'instanceUrl');
    return connection;
  });
}

async function refusals(report, sandbox) {
  await report.check('a wrong client secret is invalid_client', async () => {
    const oauth2 = new jsforce.OAuth2({clientId: CRM.id, clientSecret: 'wrong', loginUrl: sandbox.urls.crm});
    const error = await failureOf(() => oauth2.requestToken({grant_type: 'client_credentials'}), 'a refusal');
    equal(error.name, 'invalid_client', 'error');
  });
  await report.check('a made-up access token is INVALID_SESSION_ID', async () => {
    const connection = new jsforce.Connection({
      instanceUrl: sandbox.urls.crm,
      accessToken: 'made-up',
      version: VERSION,
    });
    const error = await failureOf(() => connection.query('SELECT Id FROM Account'), 'a refusal');
    equal(error.errorCode, 'INVALID_SESSION_ID', 'errorCode');
  });
  await report.check('an access token and its instance are enough', async () => {
    const issuer = new jsforce.OAuth2({clientId: CRM.id, clientSecret: CRM.secret, loginUrl: sandbox.urls.crm});
    const token = await issuer.requestToken({grant_type: 'client_credentials'});
    const connection = new jsforce.Connection({
      instanceUrl: token.instance_url,
      accessToken: token.access_token,
      version: VERSION,
    });
    const rows = await connection.query('SELECT Id FROM Account LIMIT 1');
    equal(rows.records.length, 1, 'rows');
  });
}

async function queries(report, connection) {
  const all = await report.check('query, then queryMore page by page, gives every row once', async () => {
    let page = await connection.query('SELECT Id, Name FROM Opportunity ORDER BY Id', {headers: PAGED});
    holds(page.totalSize > PAGE, `more than ${PAGE} opportunities, so that paging occurs`, page.totalSize);
    const ids = page.records.map((row) => row.Id);
    let pages = 1;
    while (!page.done) {
      equal(page.records.length, PAGE, 'rows of a page that is not the last');
      page = await connection.queryMore(page.nextRecordsUrl, {headers: PAGED});
      ids.push(...page.records.map((row) => row.Id));
      pages += 1;
    }
    equal(pages, Math.ceil(page.totalSize / PAGE), 'pages');
    equal(new Set(ids).size, page.totalSize, 'different ids');
    equal(ids.length, page.totalSize, 'ids');
    return ids;
  });
  await report.check('autoFetch follows nextRecordsUrl by itself to the same rows', async () => {
    const ids = [];
    const query = connection.query('SELECT Id FROM Opportunity ORDER BY Id', {
      autoFetch: true,
      maxFetch: 10_000,
      headers: PAGED,
    });
    query.on('record', (row) => ids.push(row.Id));
    await query;
    equal(ids, all, 'ids');
  });
  await report.check('a child query brings the lines of an opportunity', async () => {
    const {
      records: [row],
    } = await connection.query(
      'SELECT Id, Account.Name, (SELECT Id, Quantity FROM OpportunityLineItems) FROM Opportunity ' +
        "WHERE Renewal_Number__c = 'R-000001'",
    );
    holds(row.OpportunityLineItems.records.length > 0, 'lines', row.OpportunityLineItems);
    matches(row.Account.Name, /./, 'name of the account');
  });
  await report.check('the find builder writes SOQL that the sandbox reads', async () => {
    const rows = await connection
      .sobject('Opportunity')
      .find({StageName: 'Closed Won', Amount: {$gt: 0}, Renewal_Number__c: {$like: 'R-0000%'}}, ['Id', 'Amount'])
      .sort({Amount: -1})
      .limit(5);
    equal(rows.length, 5, 'rows');
    equal(
      rows.map((row) => row.Amount),
      rows.map((row) => row.Amount).sort((a, b) => b - a),
      'amounts, falling',
    );
  });
  await report.check('bad SOQL is MALFORMED_QUERY', async () => {
    const error = await failureOf(() => connection.query('SELECT FROM Opportunity'), 'a refusal');
    equal(error.errorCode, 'MALFORMED_QUERY', 'errorCode');
  });
  await report.check('an unknown field is INVALID_FIELD', async () => {
    const error = await failureOf(() => connection.query('SELECT Nonsense__c FROM Opportunity'), 'a refusal');
    equal(error.errorCode, 'INVALID_FIELD', 'errorCode');
  });
  await report.check('queryAll (scanAll) reads the rows that are not deleted too', async () => {
    const page = await connection.query('SELECT Id, IsDeleted FROM Opportunity LIMIT 3', {scanAll: true});
    equal(
      page.records.map((row) => row.IsDeleted),
      [false, false, false],
      'IsDeleted',
    );
  });
}

async function upserts(report, connection) {
  const opportunity = connection.sobject('Opportunity');
  await report.check('collections upsert: one bad row of three fails alone, results by position', async () => {
    const rows = [
      {Renewal_Number__c: 'R-000001', Renewal_Status__c: 'Ordered'},
      {Renewal_Number__c: 'R-000002', Nonsense_Date__c: undefined, Access_Until__c: 'not a date'},
      {Renewal_Number__c: 'R-000003', Renewal_Status__c: 'Ordered'},
    ];
    const results = await opportunity.upsert(rows, 'Renewal_Number__c', {allOrNone: false});
    equal(
      results.map((row) => row.success),
      [true, false, true],
      'success by position',
    );
    equal(
      results.map((row) => row.errors.length),
      [0, 1, 0],
      'errors by position',
    );
    matches(
      results[1].errors[0].errorCode ?? results[1].errors[0].statusCode,
      /^(INVALID|JSON|MALFORMED|FIELD)/,
      'code',
    );
    const {records} = await connection.query(
      'SELECT Renewal_Number__c, Renewal_Status__c FROM Opportunity WHERE Renewal_Number__c IN ' +
        "('R-000001', 'R-000002', 'R-000003') ORDER BY Renewal_Number__c",
    );
    equal(
      records.map((row) => row.Renewal_Status__c === 'Ordered'),
      [true, false, true],
      'rows written',
    );
  });
  await report.check('allOrNone: the good row is rolled back', async () => {
    const results = await opportunity.upsert(
      [
        {Renewal_Number__c: 'R-000004', Renewal_Status__c: 'Ordered'},
        {Renewal_Number__c: 'R-000005', Access_Until__c: 'not a date'},
      ],
      'Renewal_Number__c',
      {allOrNone: true},
    );
    equal(
      results.map((row) => row.success),
      [false, false],
      'success by position',
    );
    equal(
      results[0].errors[0].errorCode ?? results[0].errors[0].statusCode,
      'ALL_OR_NONE_OPERATION_ROLLED_BACK',
      'code',
    );
    const {
      records: [row],
    } = await connection.query("SELECT Renewal_Status__c FROM Opportunity WHERE Renewal_Number__c = 'R-000004'");
    equal(row.Renewal_Status__c, null, 'status of the good row');
  });
  await report.check('a single upsert says whether it created', async () => {
    const result = await opportunity.upsert(
      {Renewal_Number__c: 'R-000006', Renewal_Status__c: 'Ordered'},
      'Renewal_Number__c',
    );
    equal([result.success, result.created ?? false], [true, false], 'success and created');
  });
}

async function records(report, connection) {
  const account = connection.sobject('Account');
  const id = await report.check('create and retrieve a record', async () => {
    const {id, success} = await account.create({Name: 'Referee Ltd'});
    equal(success, true, 'success');
    equal((await account.retrieve(id)).Name, 'Referee Ltd', 'Name');
    return id;
  });
  await report.check('update a record', async () => {
    equal((await account.update({Id: id, Name: 'Referee plc'})).success, true, 'success');
    equal((await account.retrieve(id)).Name, 'Referee plc', 'Name');
  });
  await report.check('create several in one call, retrieve them in the order asked for', async () => {
    const made = await account.create([{Name: 'One'}, {Name: 'Two'}, {Name: 'Three'}]);
    const read = await account.retrieve(made.map((row) => row.id).reverse());
    equal(
      read.map((row) => row.Name),
      ['Three', 'Two', 'One'],
      'names',
    );
  });
  await report.check('delete a record: gone for query, a tombstone for queryAll', async () => {
    equal((await account.destroy(id)).success, true, 'success');
    const soql = `SELECT Id, IsDeleted FROM Account WHERE Id = '${id}'`;
    equal((await connection.query(soql)).totalSize, 0, 'rows of query');
    equal(
      (await connection.query(soql, {scanAll: true})).records.map((row) => row.IsDeleted),
      [true],
      'IsDeleted',
    );
  });
  await report.check('a missing record is NOT_FOUND', async () => {
    const error = await failureOf(() => account.retrieve(id), 'a refusal');
    matches(error.errorCode, /^(NOT_FOUND|ENTITY_IS_DELETED)$/, 'errorCode');
  });
}

async function metadata(report, connection) {
  await report.check('describe: fields with types, external id and updateable', async () => {
    const {name, fields} = await connection.sobject('Opportunity').describe();
    equal(name, 'Opportunity', 'name');
    const number = fields.find((field) => field.name === 'Renewal_Number__c');
    equal([number.type, number.externalId, number.unique], ['string', true, true], 'Renewal_Number__c');
    equal(fields.find((field) => field.name === 'Access_Until__c').type, 'date', 'type of Access_Until__c');
    equal(fields.find((field) => field.name === 'SystemModstamp').updateable, false, 'SystemModstamp updateable');
  });
  await report.check('describeGlobal lists the objects', async () => {
    const {sobjects} = await connection.describeGlobal();
    holds(
      sobjects.some((object) => object.name === 'Opportunity'),
      'Opportunity among them',
      sobjects.map((o) => o.name),
    );
  });
  await report.check('limits: DailyApiRequests, in the body and from Sforce-Limit-Info', async () => {
    const {DailyApiRequests: daily} = await connection.limits();
    holds(daily.Max > 0 && daily.Remaining > 0 && daily.Remaining < daily.Max, 'Max > Remaining > 0', daily);
    holds(connection.limitInfo.apiUsage?.used > 0, 'used requests in the header', connection.limitInfo);
  });
  await report.check('identity of the token', async () => {
    const identity = await connection.identity();
    matches(identity.organization_id, /^00D/, 'organization_id');
  });
  await report.check('updated: ids changed in a time range', async () => {
    const now = Date.now();
    const {ids} = await connection
      .sobject('Opportunity')
      .updated(new Date(now - 86_400_000), new Date(now + 3_600_000));
    holds(ids.length > 0, 'ids', ids);
  });
}

export async function run(report) {
  const sandbox = await Sandbox.start('--renewals', '420', '--seed', '7');
  const connection = await logOn(report, sandbox);
  await refusals(report, sandbox);
  if (connection) {
    await queries(report, connection);
    await upserts(report, connection);
    await records(report, connection);
    await metadata(report, connection);
  }
  report.lacks('jsforce is a client: it cannot say whether the real vendor would take the same calls');
  report.lacks('Bulk 2.0, streaming and Composite, which the sandbox does not have (sandbox/DEVIATIONS.md)');
  await sandbox.stop();
}
