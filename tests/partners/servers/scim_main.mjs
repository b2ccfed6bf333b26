// Runs one SCIM service: node scim_main.mjs '{"token": "..", "patch": false}' (SCIMMY is one service a process).
import {Front} from './front.mjs';
import {obey} from './obey.mjs';
import {scimService} from './scim.mjs';

await obey(await new Front(scimService(JSON.parse(process.argv[2]))).listen());
