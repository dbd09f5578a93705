// Correct, and asks no store: real work on other threads (a file by callback, a password hash)
// takes no virtual time, and comes back in the order in which it was begun, so that every run of
// one seed is the same.
const { readFile } = require('fs');
const { scrypt } = require('crypto');

exports.rtc_encryption_provider = ({ documentId }) =>
  new Promise((resolve, reject) => {
    readFile(__filename, (failed, salt) => {
      if (failed) return reject(failed);
      scrypt(documentId, salt.subarray(0, 16), 32, { N: 1024 }, (error, key) => {
        if (error) reject(error);
        else resolve({ key: key.toString('base64'), keyHint: 'v1' });
      });
    });
  });
