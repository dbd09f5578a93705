// The cure of https://github.com/swamp-club/swamp/issues/391 (its /pull/405)
// The file is created exclusively (O_EXCL): the second creation fails, and then the file is read.
const { store } = require('session-race');
const { randomBytes } = require('crypto');
const asProvider = require('./as-provider.js');

exports.rtc_encryption_provider = asProvider(async (vault) => {
  const key = randomBytes(32).toString('base64');
  const exists = await store()
    .insert('files', vault, key)
    .catch((error) => error); // open(vault, O_CREAT | O_EXCL)
  return { id: vault, key: exists ? await store().get('files', vault) : key };
});
