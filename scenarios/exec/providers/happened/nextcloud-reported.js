// Reported: https://github.com/nextcloud/server/pull/22018
// Two requests see that there is no master key, and both generate one.
const { store } = require('session-race');
const { randomBytes } = require('crypto');
const asProvider = require('./as-provider.js');

exports.rtc_encryption_provider = asProvider(async (instance) => {
  if (!(await store().get('settings', instance))) {
    await store().put('settings', instance, {
      id: 'master',
      key: randomBytes(32).toString('base64'),
    });
  }
  return store().get('settings', instance);
});
