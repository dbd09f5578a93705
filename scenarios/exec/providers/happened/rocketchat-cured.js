// The cure of https://github.com/RocketChat/Rocket.Chat/pull/41169
// The identifier is set only where none exists, in one query. Whoever was not first discards its
// own key and takes the one that is there.
const { store } = require('session-race');
const { randomBytes, randomUUID } = require('crypto');
const asProvider = require('./as-provider.js');

const getOrCreate = async (room) => {
  const present = await store().get('rooms', room);
  if (present) return present;
  return store().insertIfAbsent('rooms', room, {
    id: randomUUID(),
    key: randomBytes(32).toString('base64'),
  });
};
const find = async (room, id) =>
  [await store().get('rooms', room)].find((present) => present && present.id === id);

exports.rtc_encryption_provider = asProvider(getOrCreate, find);
