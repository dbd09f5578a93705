// Wrong, in the way of read-then-write.js, with PostgreSQL: a row is looked for, and where there is
// none, one is written. Nothing forbids two. Played as server-postgres.js is.
const { Pool } = require('pg');
const { randomBytes } = require('crypto');

const schema = `child_${process.env.SESSION_RACE_CHILD || 0}`;
const pool = new Pool({ options: `-c search_path=${schema} -c client_min_messages=warning` });
const prepare = `create schema if not exists ${schema};
  create table if not exists ${schema}.loose (id serial, document text not null, key text not null);
  delete from ${schema}.loose`;

module.exports = async (request, response) => {
  let text = '';
  for await (const piece of request) text += piece;
  const { documentId } = JSON.parse(text);
  const { rows } = await pool.query(
    'select key from loose where document = $1 order by id desc limit 1',
    [documentId],
  );
  const key = rows.length ? rows[0].key : randomBytes(32).toString('base64');
  if (!rows.length)
    await pool.query('insert into loose (document, key) values ($1, $2)', [documentId, key]);
  response
    .setHeader('content-type', 'application/json')
    .end(JSON.stringify({ key, keyHint: 'v1' }));
};
module.exports.session_race_start = () => pool.query(prepare);
