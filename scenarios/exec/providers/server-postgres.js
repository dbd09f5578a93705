// A correct key server with PostgreSQL (package pg): --server server-postgres.js client.js, with
// --provider-env PGHOST and so on for what pg is to be told. A primary key decides which of two
// racers makes the key; the other is given that one.
const { Pool } = require('pg');
const { randomBytes } = require('crypto');

// A schema of its own for each child (there is one a thread), empty before each run.
const schema = `child_${process.env.SESSION_RACE_CHILD || 0}`;
const pool = new Pool({ options: `-c search_path=${schema} -c client_min_messages=warning` });
const prepare = `create schema if not exists ${schema};
  create table if not exists ${schema}.keys (document text primary key, key text not null);
  delete from ${schema}.keys`;

module.exports = async (request, response) => {
  let text = '';
  for await (const piece of request) text += piece;
  const { documentId } = JSON.parse(text);
  await pool.query('insert into keys values ($1, $2) on conflict (document) do nothing', [
    documentId,
    randomBytes(32).toString('base64'),
  ]);
  const { rows } = await pool.query('select key from keys where document = $1', [documentId]);
  response
    .setHeader('content-type', 'application/json')
    .end(JSON.stringify({ key: rows[0].key, keyHint: 'v1' }));
};
module.exports.session_race_start = () => pool.query(prepare);
