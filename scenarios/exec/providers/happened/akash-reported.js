// What https://github.com/akash-network/console/pull/3947 avoids: its code as it would be without the unique index.
// Both callers find nothing and create; each goes on with what it has created, and later reads find
// the first.
const { store } = require('session-race');
const { randomBytes, randomUUID } = require('crypto');
const asProvider = require('./as-provider.js');

exports.rtc_encryption_provider = asProvider(async (user) => {
  const [found] = await store().select('keys', (row) => row.user === user);
  if (found) return found;
  const made = { user, id: 'key', key: randomBytes(32).toString('base64') };
  await store().insert('keys', randomUUID(), made);
  return made;
});
