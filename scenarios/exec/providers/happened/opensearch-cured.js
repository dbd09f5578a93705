// The cure of https://github.com/opensearch-project/flow-framework/pull/1200
// The key is put only where there is none. On a conflict it is read, and the own one is dropped.
const { store } = require('session-race');
const { randomBytes } = require('crypto');
const asProvider = require('./as-provider.js');

exports.rtc_encryption_provider = asProvider(async (tenant) => {
  const found = await store().get('config', tenant);
  if (found) return found;
  const made = { id: 'master', key: randomBytes(32).toString('base64') };
  const conflict = await store()
    .insert('config', tenant, made)
    .catch((error) => error);
  return conflict ? store().get('config', tenant) : made;
});
