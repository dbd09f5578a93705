// Reported: https://github.com/cds-snc/covid-alert-server/pull/187
// A SELECT before the INSERT, both in one transaction: each transaction sees no row of the other,
// and both insert theirs.
const { io, store } = require('session-race');
const { randomBytes, randomUUID } = require('crypto');
const asProvider = require('./as-provider.js');

exports.rtc_encryption_provider = asProvider(async (owner) => {
  await io('begin', () => {});
  const rows = await store().select('keys', (row) => row.owner === owner);
  if (rows.length) return rows[0];
  const made = { owner, id: 'key', key: randomBytes(32).toString('base64') };
  await store().insert('keys', randomUUID(), made); // under a number of its own: no two rows clash
  await io('commit', () => {});
  return made;
});
