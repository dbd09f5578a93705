// Reported: https://github.com/BYK/loreai/pull/1179
// A device that sees no key yet sets one up, and its wrapped key overwrites the one that another
// device has set up meanwhile.
const { store } = require('session-race');
const { randomBytes } = require('crypto');
const asProvider = require('./as-provider.js');

exports.rtc_encryption_provider = asProvider(async (account) => {
  const found = await store().get('wrapped-keys', account);
  if (found) return found;
  const made = { id: 'account key', key: randomBytes(32).toString('base64') };
  await store().put('wrapped-keys', account, made);
  return made;
});
