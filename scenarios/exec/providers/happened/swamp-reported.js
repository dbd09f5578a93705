// Reported: https://github.com/swamp-club/swamp/issues/391 (cured by /pull/405)
// The key file cannot be read, so one is written beside it and renamed. A rename is atomic, but it
// replaces what another has put there.
const { store } = require('session-race');
const { randomBytes, randomUUID } = require('crypto');
const asProvider = require('./as-provider.js');

exports.rtc_encryption_provider = asProvider(async (vault) => {
  const file = await store().get('files', vault);
  if (file) return { id: vault, key: file };
  const key = randomBytes(32).toString('base64');
  const temporary = `${vault}.${randomUUID()}`;
  await store().put('files', temporary, key);
  await store().put('files', vault, key); // rename(temporary, vault)
  return { id: vault, key };
});
