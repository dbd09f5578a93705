// An Express key server (package express, version 5): --server server-express.js client.js
// Wrong, in the way of read-then-write.js: a key younger than an hour is handed out again, but two
// racers who both find none make two under one hint, the present second.
const express = require('express');
const { store } = require('session-race');
const { randomBytes } = require('crypto');

const app = express();
app.use(express.json());
app.post('/key', async (request, response) => {
  const { documentId, keyHint } = request.body;
  const isNew = keyHint === null;
  const fits = (row) => (isNew ? Date.now() - row.made < 3600e3 : row.keyHint === keyHint);
  const rows = await store().select('keys', (row) => row.document === documentId && fits(row));
  if (rows.length) return response.json({ key: rows[0].key, keyHint: rows[0].keyHint });
  if (!isNew) return response.status(404).json({ error: 'unknown hint' });
  const made = Date.now();
  const hint = new Date(made).toISOString().slice(0, 19);
  const key = randomBytes(32).toString('base64');
  const row = { document: documentId, made, key, keyHint: hint };
  await store().put('keys', `${documentId} ${hint}`, row);
  response.json({ key, keyHint: hint });
});
module.exports = app;
