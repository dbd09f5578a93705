// A cure of https://github.com/atsign-foundation/at_client_sdk/issues/1506
// One record decides: the first to create it has cut the key, and every other copy is made from
// what that record holds.
const { store } = require('session-race');
const { randomBytes } = require('crypto');
const asProvider = require('./as-provider.js');

exports.rtc_encryption_provider = asProvider(async (pair) => {
  const key = await store().insertIfAbsent('for-me', pair, randomBytes(32).toString('base64'));
  await store().put('for-them', pair, key);
  return { id: 'shared', key };
});
