// A key server that answers its first request with status 500, as one does that is being started,
// and is correct from then on.
const { store } = require('session-race');
const { randomBytes } = require('crypto');
let requests = 0;

module.exports = async (request, response) => {
  let text = '';
  for await (const piece of request) text += piece;
  if (++requests === 1) return response.writeHead(500).end();
  const { documentId } = JSON.parse(text);
  const key = await store().insertIfAbsent('keys', documentId, randomBytes(32).toString('base64'));
  response
    .setHeader('content-type', 'application/json')
    .end(JSON.stringify({ key, keyHint: 'v1' }));
};
