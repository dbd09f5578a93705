// The cure of https://github.com/BYK/loreai/pull/1179
// The database forbids it: a trigger lets nobody replace a key that is there. The second device is
// told, and takes the first one’s.
const { store } = require('session-race');
const { randomBytes } = require('crypto');
const asProvider = require('./as-provider.js');

// The trigger: fails where the row exists.
const update = (account, row) => store().insert('wrapped-keys', account, row);

exports.rtc_encryption_provider = asProvider(async (account) => {
  const made = { id: 'account key', key: randomBytes(32).toString('base64') };
  return update(account, made).then(
    () => made,
    () => store().get('wrapped-keys', account),
  );
});
