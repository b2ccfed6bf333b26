// A SCIM service out of scimmy and scimmy-routers. Ours is only the store in memory, the extension's definition, and
// what a variant switches off.
import express from 'express';
import SCIMMY from 'scimmy';
import SCIMMYRouters from 'scimmy-routers';

const URN = 'urn:ietf:params:scim:schemas:extension:access:2.0:User';
const {SchemaDefinition, Attribute} = SCIMMY.Types;

function extension() {
  const text = (name) => new Attribute('string', name, {});
  return new SchemaDefinition('Access', URN, 'What a customer may use, and until when', [
    text('accessUntil'),
    text('contract'),
    text('correlationId'),
  ]);
}

// SCIMMY is one service a process: each variant declares its resource again in a process of its own (scim_main.mjs).
export function scimService({token, patch = true, bulk = true}) {
  const users = new Map();
  let next = 1;
  const missing = (id) => new SCIMMY.Types.Error(404, null, `Resource ${id} not found`);
  SCIMMY.Resources.User.extend(extension(), false);
  SCIMMY.Resources.declare(SCIMMY.Resources.User, {
    egress: (resource) => {
      if (resource.id) {
        const found = users.get(resource.id);
        if (!found) throw missing(resource.id);
        return found;
      }
      return resource.filter ? resource.filter.match([...users.values()]) : [...users.values()];
    },
    ingress: (resource, given) => {
      const taken = [...users.values()].some((one) => one.userName === given.userName && one.id !== resource.id);
      if (taken) throw new SCIMMY.Types.Error(409, 'uniqueness', `userName ${given.userName} is taken`);
      if (resource.id && !users.has(resource.id)) throw missing(resource.id);
      const id = resource.id ?? String(next++);
      const now = new Date().toISOString();
      const kept = JSON.parse(JSON.stringify(given));
      users.set(id, {...kept, id, meta: {created: users.get(id)?.meta.created ?? now, lastModified: now}});
      return users.get(id);
    },
    degress: (resource) => {
      if (!users.delete(resource.id)) throw missing(resource.id);
    },
  });

  const app = express();
  // A service that says it has no PATCH refuses it as RFC 7644, 3.12 wants: 501.
  app.patch('*', (request, response, next) =>
    patch
      ? next()
      : response.status(501).json({
          schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
          status: '501',
          detail: 'PATCH is not supported',
        }),
  );
  app.use(
    '/scim/v2',
    new SCIMMYRouters({
      type: 'bearer',
      handler: (request) => {
        if (request.header('Authorization') !== `Bearer ${token}`) throw new Error('a valid bearer token is required');
        return 'perennial';
      },
    }),
  );
  SCIMMY.Config.set({
    patch,
    etag: false,
    bulk: bulk ? {supported: true, maxOperations: 100, maxPayloadSize: 100_000} : false,
  });
  return app;
}

export {URN};
