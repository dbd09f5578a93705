// The ten lines that put any get-or-create function under the product's handshake, to try your own:
//   exports.rtc_encryption_provider = require('./as-provider.js')(getOrCreate, find);
// getOrCreate(document) gives { id, key }. find(document, id) gives the same or nothing; it may be
// left out where a document has one key. Whatever they call outside is put behind io(), wrap() or
// store() of session-race, so that two callers can interleave there.
module.exports =
  (getOrCreate, find) =>
  async ({ documentId, keyHint }) => {
    const found =
      keyHint !== null && find ? await find(documentId, keyHint) : await getOrCreate(documentId);
    if (!found)
      throw Object.assign(new Error(`no key of ${documentId} has the id ${keyHint}`), {
        reason: 'unknown-hint',
      });
    return { key: found.key, keyHint: found.id };
  };
