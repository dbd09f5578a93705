// A correct key server on plain node:http, as one would start it: --server server.js client.js.
// listen() opens no socket here.
const http = require('http');
const { store } = require('session-race');
const { randomBytes, randomUUID } = require('crypto');

const read = async (request) => {
  let text = '';
  for await (const piece of request) text += piece;
  return JSON.parse(text);
};

http
  .createServer(async (request, response) => {
    const { documentId, keyHint } = await read(request);
    const hint = keyHint === null ? randomUUID() : keyHint;
    if (keyHint === null)
      await store().insert('keys', `${documentId} ${hint}`, randomBytes(32).toString('base64'));
    const key = await store().get('keys', `${documentId} ${hint}`);
    response.writeHead(key ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(key ? { key, keyHint: hint } : { error: `no key under ${hint}` }));
  })
  .listen(8080);
