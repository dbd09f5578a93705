// Done right in https://github.com/akash-network/console/pull/3947
// A unique index decides who creates, and whoever was refused reads again.
const { store } = require('session-race');
const { randomBytes } = require('crypto');
const asProvider = require('./as-provider.js');

exports.rtc_encryption_provider = asProvider(async (user) => {
  const found = await store().get('keys', user);
  if (found) return found;
  await store()
    .insert('keys', user, { id: 'key', key: randomBytes(32).toString('base64') })
    .catch((error) => {
      if (error.code !== '23505') throw error;
    });
  return store().get('keys', user);
});
