// provider.mjs CERT KEY - an OpenID provider on https://127.0.0.1:PORT for
// tests/oauth.t: device flow, authorization code, client credentials, refresh
// with rotation, revocation, and introspection for Dovecot.  Prints its port.
//
//   GET /test/forget?AccessToken	ends all tokens of that kind
//   GET /test/count			how many it holds of each kind
import { readFileSync } from 'node:fs';
import https from 'node:https';
import Provider from 'oidc-provider';

// Every artefact by kind and id; what is consumed stays, so that a replay of
// a refresh token is seen.
const store = new Map();
const of = (kind) => store.get(kind) ?? store.set(kind, new Map()).get(kind);

class Memory {
  constructor(kind) { this.kind = kind; }
  async upsert(id, payload) { of(this.kind).set(id, { ...payload }); }
  async find(id) { return of(this.kind).get(id); }
  async findByUid(uid) {
    return [...of(this.kind).values()].find((p) => p.uid === uid);
  }
  async findByUserCode(code) {
    return [...of(this.kind).values()].find((p) => p.userCode === code);
  }
  async consume(id) { of(this.kind).get(id).consumed = Date.now(); }
  async destroy(id) { of(this.kind).delete(id); }
  async revokeByGrantId(grant) {
    for (const [id, p] of of(this.kind)) {
      if (p.grantId === grant) of(this.kind).delete(id);
    }
  }
}

const device = 'urn:ietf:params:oauth:grant-type:device_code';
const clients = [{
  client_id: 'convonest',
  application_type: 'native',
  token_endpoint_auth_method: 'none',
  grant_types: ['authorization_code', 'refresh_token', device],
  redirect_uris: ['http://127.0.0.1/'],
}, {
  client_id: 'shared',
  client_secret: 'shared-secret',
  token_endpoint_auth_method: 'client_secret_post',
  grant_types: ['client_credentials'],
  response_types: [],
  redirect_uris: [],
}, {
  client_id: 'dovecot',
  client_secret: 'dovecot-secret',
  token_endpoint_auth_method: 'client_secret_post',
  grant_types: [],
  response_types: [],
  redirect_uris: [],
}];

const server = https.createServer({
  cert: readFileSync(process.argv[2]), key: readFileSync(process.argv[3]),
});

server.listen(0, '127.0.0.1', () => {
  const { port } = server.address();
  const provider = new Provider(`https://127.0.0.1:${port}`, {
    adapter: Memory,
    clients,
    cookies: { keys: ['test'] },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: true },
      deviceFlow: { enabled: true },
      introspection: { enabled: true },
      revocation: { enabled: true },
    },
    findAccount: (ctx, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
    issueRefreshToken: () => true,
    pkce: { required: () => true },
    rotateRefreshToken: true,
    scopes: ['openid', 'offline_access', 'imap'],
    ttl: Object.fromEntries(['AccessToken', 'AuthorizationCode',
      'ClientCredentials', 'DeviceCode', 'Grant', 'IdToken', 'Interaction',
      'RefreshToken', 'Session'].map((kind) => [kind, 3600])),
  });
  provider.use(async (ctx, next) => {
    if (ctx.path === '/test/forget') {
      of(ctx.querystring).clear();
      ctx.body = 'forgotten\n';
    } else if (ctx.path === '/test/count') {
      ctx.body = Object.fromEntries([...store].map(([k, m]) => [k, m.size]));
    } else {
      await next();
    }
    // It says no interval, which means five seconds.
    if (ctx.path === '/device/auth' && ctx.body?.device_code) {
      ctx.body = { ...ctx.body, interval: 1 };
    }
    // A client that acts for itself has no subject: it has the mailbox.
    if (ctx.path === '/token/introspection' &&
        ctx.body?.client_id === 'shared') {
      ctx.body = { ...ctx.body, sub: 'shared' };
    }
  });
  server.on('request', provider.callback());
  console.log(port);
});
