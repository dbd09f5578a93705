'use strict';
// The samples that need packages of npm, and the database packages themselves as far as they load
// without a database.
const { createPublicKey, verify, createHmac } = require('crypto');
const fs = require('fs');
const path = require('path');
const { Child, stamp } = require('./race.cjs');

const PINNED = [
  'express@5.3.0',
  'jose@5.10.0',
  'jsonwebtoken@9.0.3',
  'pg@8.23.1',
  'pg-mem@3.0.14',
  'mysql2@3.24.6',
  'ioredis@5.11.1',
  'redis@6.3.1',
  'mongodb@7.9.0',
  'knex@3.3.0',
];

// Whether a token is signed by a key of the set; and its claims.
function opened(token, { keys: [jwk] }, alg) {
  const [head, body, signature] = token.split('.');
  const signed = Buffer.from(`${head}.${body}`);
  const bytes = Buffer.from(signature, 'base64url');
  const claims = JSON.parse(Buffer.from(body, 'base64url'));
  if (jwk.kty === 'oct')
    return {
      claims,
      good: createHmac('sha256', Buffer.from(jwk.k, 'base64url'))
        .update(signed)
        .digest()
        .equals(bytes),
    };
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  const how =
    alg === 'PS256' ? { key, padding: 6, saltLength: 32 } : { key, dsaEncoding: 'ieee-p1363' };
  return { claims, good: verify('sha256', signed, how, bytes) };
}

async function sign(adapter, file, alg) {
  const child = new Child([adapter, file], alg && { ALG: alg });
  await child.hello('token-provider');
  await child.ask({ type: 'start', run: 1, seed: '1', ...stamp(0) });
  const told = await child.ask({
    type: 'request',
    id: 1,
    ask: 'token',
    client: 'alice',
    document: 'd',
    ...stamp(700 * 1e6),
  });
  await child.end();
  return told && told.answers && told.answers[0].token
    ? opened(told.answers[0].token, told.jwks, alg)
    : { claims: {}, told: told && told.line, errors: child.errors };
}

async function signers({ check, adapter, samples }) {
  const second = 1685577600;
  for (const [file, alg] of [
    ['sign-jose.js', 'RS256'],
    ['sign-jose.js', 'PS256'],
    ['sign-jose.js', 'ES256'],
    ['sign-jose.js', 'HS256'],
    ['sign-jsonwebtoken.js'],
  ]) {
    const token = await sign(adapter, path.join(samples, file), alg);
    check(
      `${file} ${alg || ''}: the token opens with the keys told, its iat is the virtual second`,
      token.good && token.claims.iat === second && token.claims.exp === second + 300,
      token,
    );
  }
  const wrong = await sign(adapter, path.join(samples, 'sign-milliseconds.js'));
  check(
    'sign-milliseconds.js counts in milliseconds',
    wrong.good && wrong.claims.iat === second * 1000 + 700,
    wrong,
  );
}

const SQL_SERVER = `
  const { Pool } = require('pg'); const express = require('express'); const { randomBytes } = require('crypto');
  const pool = new Pool(); const app = express(); app.use(express.json());
  app.post('/key', async (req, res) => {
    const { documentId } = req.body; const key = randomBytes(8).toString('hex');
    const found = await pool.query('select key from keys where document = $1', [documentId]);
    if (found.rows.length) return res.json({ key: found.rows[0].key, keyHint: '1' });
    INSERT
    res.json({ key: (await pool.query('select key from keys where document = $1', [documentId])).rows[0].key, keyHint: '1' });
  });
  module.exports = app;`;
const OVERWRITE =
  "await pool.query('delete from keys where document = $1', [documentId]); await pool.query('insert into keys values ($1, $2)', [documentId, key]);";
const DO_NOTHING =
  "await pool.query('insert into keys values ($1, $2) on conflict (document) do nothing', [documentId, key]);";
const EMULATOR =
  "const { newDb } = require('pg-mem'); const db = newDb(); db.public.none('create table keys (document text primary key, key text)'); module.exports = db.adapters.createPg();";

async function servers({ check, play, adapter, samples, seeds, some, none }) {
  const express = await play(
    [adapter, '--server', path.join(samples, 'server-express.js'), path.join(samples, 'client.js')],
    seeds,
  );
  check('server-express.js fails in some', some(express.failed['hint-stable'] || 0), [
    express.failed,
    express.errors,
  ]);
  fs.writeFileSync(path.join(samples, 'emulator.js'), EMULATOR);
  for (const [what, insert, holds] of [
    ['delete and insert fail in some', OVERWRITE, (failed) => !none(failed)],
    ['on conflict do nothing passes in all', DO_NOTHING, none],
  ]) {
    fs.writeFileSync(path.join(samples, 'sql.js'), SQL_SERVER.replace('INSERT', insert));
    const argv = [
      adapter,
      '--map',
      `pg=${path.join(samples, 'emulator.js')}`,
      '--server',
      path.join(samples, 'sql.js'),
      path.join(samples, 'client.js'),
    ];
    const [first, second] = [await play(argv, 40), await play(argv, 40)];
    check(`SQL through pg, an emulator in its place: ${what}`, !first.over && holds(first.failed), [
      first.failed,
      first.errors,
    ]);
    check(
      'and two children say the same',
      first.lines.length > 40 && first.lines.join() === second.lines.join(),
    );
  }
}

// Without a database each call fails; that it is a call, and that its failure comes back as an
// error, is what can be seen.
const REFUSED = {
  pg: "new (require('pg').Pool)({ host: '127.0.0.1', port: 1 }).query('select 1 from keys')",
  mysql2:
    "require('mysql2/promise').createPool({ host: '127.0.0.1', port: 1 }).query('select 1 from keys')",
  ioredis:
    "new (require('ioredis'))({ host: '127.0.0.1', port: 1, maxRetriesPerRequest: 0 }).get('x')",
  redis:
    "require('redis').createClient({ url: 'redis://127.0.0.1:1', disableOfflineQueue: true, socket: { reconnectStrategy: false } }).on('error', () => {}).get('x')",
  mongodb:
    "new (require('mongodb').MongoClient)('mongodb://127.0.0.1:1', { serverSelectionTimeoutMS: 50 }).db('d').collection('c').findOne({})",
  knex: "require('knex')({ client: 'pg', connection: { host: '127.0.0.1', port: 1 } })('keys').select()",
};

async function databases({ check, adapter, samples }) {
  for (const [name, call] of Object.entries(REFUSED)) {
    const file = path.join(samples, `refused-${name}.js`);
    fs.writeFileSync(
      file,
      `exports.rtc_encryption_provider = async () => ({ key: String(await ${call}) });`,
    );
    const child = new Child([adapter, file]);
    await child.hello();
    await child.ask({ type: 'start', run: 1, seed: '1', ...stamp(0) });
    let told = await child.ask({
      type: 'request',
      id: 1,
      ask: 'key',
      client: 'alice',
      document: 'd',
      hint: null,
      ...stamp(0),
    });
    let legs = 0;
    while (told && told.waits && legs++ < 9)
      told = await child.ask({ type: 'wake', wait: told.waits[0].wait, ...stamp(legs) });
    const reached = legs === 2 || name === 'knex'; // knex's call is its driver's, which gets no connection
    check(
      `${name}: without a database the call fails as a call`,
      reached && told && told.answers && told.answers[0].error,
      [legs, told && told.line, child.errors],
    );
    const next = told && (await child.ask({ type: 'start', run: 2, seed: '2', ...stamp(0) }));
    check(`${name}: and the next run begins`, next && next.type === 'idle', next && next.line);
    await child.end();
  }
}

async function run(given) {
  await signers(given);
  await servers(given);
  await databases(given);
}

module.exports = { run, PINNED };
