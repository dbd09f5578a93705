// Reported: https://github.com/opensearch-project/flow-framework/pull/1200
// Two threads find no master key. Each puts one, and the second overwrites the first: what the
// first had encrypted cannot be decrypted.
const { store } = require('session-race');
const { randomBytes } = require('crypto');
const asProvider = require('./as-provider.js');

exports.rtc_encryption_provider = asProvider(async (tenant) => {
  const found = await store().get('config', tenant);
  if (found) return found;
  const made = { id: 'master', key: randomBytes(32).toString('base64') };
  await store().put('config', tenant, made);
  return made;
});
