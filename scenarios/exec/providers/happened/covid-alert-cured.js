// The cure of https://github.com/cds-snc/covid-alert-server/pull/187
// A unique constraint on the owner: the second INSERT fails, whatever its transaction had seen, and
// its caller looks again.
const { store } = require('session-race');
const { randomBytes } = require('crypto');
const asProvider = require('./as-provider.js');

exports.rtc_encryption_provider = asProvider(async (owner) => {
  const found = await store().get('keys', owner);
  if (found) return found;
  const made = { owner, id: 'key', key: randomBytes(32).toString('base64') };
  try {
    await store().insert('keys', owner, made);
    return made;
  } catch (error) {
    if (error.code !== '23505') throw error;
    return store().get('keys', owner);
  }
});
