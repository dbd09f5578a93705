// Reported: https://github.com/RocketChat/Rocket.Chat/pull/41169
// The key identifier of a room is read, and set in a second round trip. Of two that found none the
// later one wins; the other keeps a stale key.
const { store } = require('session-race');
const { randomBytes, randomUUID } = require('crypto');
const asProvider = require('./as-provider.js');

const getOrCreate = async (room) => {
  const present = await store().get('rooms', room);
  if (present) return present;
  const made = { id: randomUUID(), key: randomBytes(32).toString('base64') };
  await store().put('rooms', room, made);
  return made;
};
const find = async (room, id) =>
  [await store().get('rooms', room)].find((present) => present && present.id === id);

exports.rtc_encryption_provider = asProvider(getOrCreate, find);
