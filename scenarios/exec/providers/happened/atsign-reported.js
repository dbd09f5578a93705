// Reported: https://github.com/atsign-foundation/at_client_sdk/issues/1506
// Two clients of one user each cut a key and store it twice, for themselves and for the other side.
// The end state can mix the two.
const { store } = require('session-race');
const { randomBytes } = require('crypto');
const asProvider = require('./as-provider.js');

exports.rtc_encryption_provider = asProvider(async (pair) => {
  const found = await store().get('for-them', pair);
  if (found) return { id: 'shared', key: found };
  const key = randomBytes(32).toString('base64');
  await store().put('for-me', pair, key);
  await store().put('for-them', pair, key);
  return { id: 'shared', key: await store().get('for-me', pair) };
});
