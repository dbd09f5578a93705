'use strict';
// The Node adapter of session-race: runs a real rtc_encryption_provider or rtc_token_provider, and
// the server behind it, in the virtual time of a run.
//
//   session-race-node [OPTION]... CLIENT
//
//   CLIENT              exports rtc_encryption_provider, rtc_token_provider or both: CommonJS, an
//                       ES module, or TypeScript where Node can strip types. It and the files it
//                       imports by a relative path are evaluated anew for each browser of each run
//   --server FILE       exports a request handler (req, res), an Express app or an http.Server, or
//                       calls listen(); evaluated anew for each run; answers the `fetch` of CLIENT
//                       in this process
//   --map NAME=FILE     FILE takes the place of the package NAME; evaluated anew for each run, and
//                       shared by all browsers of the run. May be said more than once
//   --live [ORIGIN]     `fetch` really goes out, to ORIGIN only where one is named. May be said
//                       more than once
//   --jwks FILE         public keys of the signer, a JWK set; else CLIENT exports rtc_jwks, a value
//                       or a function
//   --patience SECONDS  how long a call may really take before the adapter gives up [4]; less than
//                       --provider-deadline
//
// CLIENT and the server may export session_race_start(), which empties an outside store; it is
// awaited before each run. Where several children play, SESSION_RACE_CHILD tells them apart, for a
// schema of its own for each. require('session-race') gives
//
//   io(label, f)   a call that leaves the process: request leg, then f() alone while time stands,
//                  then response leg
//   wrap(object, names, [name])
//                  makes such calls of the methods of an object
//   store()        the run's store, shared by all browsers; each of these is such a call:
//                  get(table, key), put(table, key, row), del(table, key), select(table, filter),
//                  insert(table, key, row), which fails with the code 23505 where there is a row,
//                  insertIfAbsent(table, key, row), which gives the row that is there then, and
//                  lock(name, work), which runs work() while nobody else has the lock; it is given
//                  back when its browser is gone
//   child          the number in SESSION_RACE_CHILD
//
// Calls of pg, mysql2, ioredis, redis, mongodb, @prisma/client, and of knex through the driver
// below it, are such calls by themselves. better-sqlite3 and node:sqlite answer at once, so
// requests cannot interleave at their calls.
//
// How it works. One line is read, one line is written: the driver's lines `hello`, `start`,
// `request`, `wake`, `gone` and `bye`. Between the two, everything that can go on at this instant
// goes on: promises, ticks, setImmediate, work on other threads. Timers and calls are told as
// `waits`, and the driver wakes them at an instant of virtual time. Clocks, timers and random
// numbers are replaced. Work on other threads really runs, takes no virtual time, and comes back in
// the order in which it was begun.
//
// Two members are not in the table of the protocol. `idle` has `broke`: "unhandled-rejection" when
// a promise was rejected and nobody listened; `notes` has the text, which begins with "unhandled
// rejection: ". Production Node would have ended there; this process goes on. `fault` has `kind`:
// "blocked" when a call has not come back within the patience. An exception that nobody catches is
// a `fault` without kind. After a fault the process ends with status 70.
//
// This file has no syntax that Node 10 cannot parse, so that an older Node gets as far as the next
// lines and says what is missing.

if (Number(process.versions.node.split('.')[0]) < 20) {
  process.stderr.write(
    `session-race-node: Node 20 or later is needed, this is Node ${process.versions.node}\n`,
  );
  process.exit(3);
}

const { AsyncLocalStorage, AsyncResource, asyncWrapProviders, createHook } = require('async_hooks');
const { ChildProcess } = require('child_process');
const crypto = require('crypto');
const dns = require('dns');
const fs = require('fs');
const http = require('http');
const https = require('https');
const Module = require('module');
const net = require('net');
const path = require('path');
const stream = require('stream');
const timers = require('timers');
const timersPromises = require('timers/promises');
const url = require('url');
const util = require('util');
const vm = require('vm');
const zlib = require('zlib');
// Built-in modules take what they need of timers when they are loaded: these are used by database
// drivers, with real timers.
for (const name of ['tls', 'worker_threads', 'stream/promises']) require(name);

const REASONS = ['unknown-hint', 'unavailable', 'bad-shape'];
const FUNCTIONS = { key: 'rtc_encryption_provider', token: 'rtc_token_provider' };
const LINE_MAX = 65536;
const NS_PER_MS = BigInt(1000000);
const NS_PER_S = BigInt(1000000000);

// What is real, kept before anything is replaced. Database drivers are compiled with these timers
// and clocks (see loadDriver).
const real = {
  Date,
  performance, // with its own now(), see below
  setTimeout,
  clearTimeout,
  setInterval,
  clearInterval,
  setImmediate,
  clearImmediate,
};
const realNow = performance.now.bind(performance);
real.performance = Object.create(performance, { now: { value: realNow } });
const { readSync, writeSync, readFileSync, existsSync } = fs;
const { Request, Response } = globalThis;
const stderr = process.stderr;
const pipesOfOurs = countPipes();

// -------------------------------------------------------------------------------------------------
// Options

const options = readOptions(process.argv.slice(2));

function usage(sentence) {
  stderr.write(
    `session-race-node: ${sentence}\nUsage: session-race-node [--server FILE] [--map NAME=FILE]... [--live [ORIGIN]]... ` +
      '[--jwks FILE] [--patience SECONDS] CLIENT\n',
  );
  process.exit(2);
}

function readOptions(words) {
  const read = {
    client: null,
    server: null,
    map: new Map(),
    live: false,
    origins: [],
    jwks: null,
    patienceMs: 4000,
  };
  const value = (option) => (words.length ? words.shift() : usage(`${option} needs a value`));
  const takes = {
    '--server': () => {
      read.server = path.resolve(value('--server'));
    },
    '--jwks': () => {
      read.jwks = path.resolve(value('--jwks'));
    },
    '--map': () => {
      const [name, file] = value('--map').split(/=(.*)/s);
      if (!file) usage(`--map ${name}: NAME=FILE is expected`);
      read.map.set(name, path.resolve(file));
    },
    '--live': () => {
      read.live = true;
      if (words.length && /^https?:\/\//.test(words[0]))
        read.origins.push(new URL(words.shift()).origin);
    },
    '--patience': () => {
      read.patienceMs = Number(value('--patience')) * 1000;
      if (!(read.patienceMs > 0)) usage('--patience: a number of seconds is expected');
    },
  };
  while (words.length) {
    const word = words.shift();
    if (Object.prototype.hasOwnProperty.call(takes, word)) takes[word]();
    else if (word.startsWith('--')) usage(`unknown option ${word}`);
    else if (read.client) usage(`one CLIENT is expected, not also ${word}`);
    else read.client = path.resolve(word);
  }
  if (!read.client) usage('the file with the provider is missing');
  return read;
}

// -------------------------------------------------------------------------------------------------
// The state of a run, and of the turn that is being played

const clock = { t: BigInt(0), now: BigInt(0) };
const nowMs = () => Number(clock.now / NS_PER_MS);

let run; // what `start` makes anew
let turn; // what one line makes anew

function newRun(number, seed) {
  run = {
    number,
    seed,
    streams: new Map(), // random numbers, by the client on whose behalf they are drawn
    waits: new Map(), // number → { resume, page, request, client, leg }
    lastWait: 0,
    open: new Map(), // requests without an answer, by id
    told: new Set(), // ids that were told as stuck
    pages: new Map(), // client → page
    server: null, // the world of --server
    handler: null, // its request handler
    outside: newWorld(null), // packages replaced by --map
    tables: new Map(), // the store
    locks: new Map(),
    keys: new Map(), // public keys of the signer, by their text
    keysTold: 0,
  };
}

// Everything that happens in a turn happens because of one request, or of none: the driver wakes
// one wait at a time.
function newTurn(request, client) {
  turn = { request, client, answers: [], waits: [], notes: [], broke: null, at: null, logged: null };
}

// -------------------------------------------------------------------------------------------------
// Lines

const chunk = Buffer.alloc(65536);
const sleeper = new Int32Array(new SharedArrayBuffer(4));
let unread = Buffer.alloc(0);

// One line of standard input, or null at its end. Nothing else runs while it waits: that is what
// makes virtual time stand.
function readLine() {
  for (;;) {
    const end = unread.indexOf(10);
    if (end >= 0) {
      const line = unread.toString('utf8', 0, end);
      unread = unread.subarray(end + 1);
      return line;
    }
    let n;
    try {
      n = readSync(0, chunk, 0, chunk.length, null);
    } catch (error) {
      if (error.code === 'EOF') return null;
      if (error.code !== 'EAGAIN') throw error;
      Atomics.wait(sleeper, 0, 0, 1);
      continue;
    }
    if (n === 0) return null;
    unread = Buffer.concat([unread, chunk.subarray(0, n)]);
  }
}

function writeLine(message) {
  const bytes = Buffer.from(JSON.stringify(message) + '\n');
  if (bytes.length > LINE_MAX && message.type === 'idle')
    fault(
      `what is to be told in one line takes ${bytes.length} bytes, ${LINE_MAX} are the limit; is a key, a hint or a token that long?`,
    );
  for (let done = 0; done < bytes.length;) {
    try {
      done += writeSync(1, bytes, done);
    } catch (error) {
      if (error.code !== 'EAGAIN') process.exit(0); // Nobody reads any more.
      Atomics.wait(sleeper, 0, 0, 1);
    }
  }
}

function fault(error, kind) {
  const message = { type: 'fault', error: tidy(error, 500) };
  if (kind) message.kind = kind;
  stderr.write(`session-race-node: ${error}\n`);
  writeLine(message);
  process.exit(70);
}

// A text that can stand in a line: cut, and without halves of surrogate pairs.
function tidy(text, length) {
  return String(text).slice(0, length).toWellFormed();
}

function errorText(error) {
  try {
    if (!(error instanceof Error)) return String(error);
    const text = String(error.message || error.name);
    return error.cause instanceof Error ? `${text}: ${errorText(error.cause)}` : text;
  } catch (unprintable) {
    return 'an error that cannot be printed';
  }
}

// -------------------------------------------------------------------------------------------------
// Where in the user's code something happens

const OURS = __filename;

function isUsersFile(file) {
  return (
    Boolean(file) &&
    file !== OURS &&
    !file.startsWith('node:') &&
    !file.includes('/node_modules/') &&
    file.includes('/')
  );
}

// The nearest frame of the user's code: { file, at }, or null where a package calls for itself.
function userSite() {
  const { prepareStackTrace, stackTraceLimit } = Error;
  const holder = {};
  Error.prepareStackTrace = (_, sites) => sites;
  Error.stackTraceLimit = 16;
  Error.captureStackTrace(holder, userSite);
  const sites = holder.stack;
  Object.assign(Error, { prepareStackTrace, stackTraceLimit });
  for (const site of sites) {
    const file = site.getFileName();
    if (isUsersFile(file))
      return { file: plainPath(file), at: shortPlace(file, site.getLineNumber()) };
  }
  return null;
}

function plainPath(file) {
  return file.startsWith('file://') ? url.fileURLToPath(file) : file;
}

function shortPlace(file, line) {
  return tidy(`${path.basename(file)}:${line}`, 80);
}

// The same for an error that was thrown elsewhere, from the text of its stack.
function errorSite(error) {
  if (!error || typeof error.stack !== 'string') return null;
  for (const line of error.stack.split('\n').slice(1)) {
    const found = /\(?((?:file:\/\/)?\/[^()]*):(\d+):\d+\)?$/.exec(line);
    if (found && isUsersFile(found[1])) return shortPlace(found[1], found[2]);
  }
  return null;
}

// The page on whose behalf a file waits, null for the server, which goes on when a browser is
// closed.
function pageOf(site) {
  const ofServer = options.server && (!site || (run.server && run.server.files.has(site.file)));
  return ofServer ? null : run.pages.get(turn.client) || null;
}

// -------------------------------------------------------------------------------------------------
// Waits: timers, and the legs of calls

// `cause` is the turn in which it began: an effect may end in a turn of another request, which gave
// back a lock.
function addWait(told, site, page, cause, resume) {
  const wait = ++run.lastWait;
  const at = site ? site.at : null;
  run.waits.set(wait, {
    resume,
    page,
    request: cause.request,
    client: cause.client,
    leg: told.leg,
    at,
  });
  const line = Object.assign({ wait }, told);
  if (cause.request !== null) line.request = cause.request;
  if (at) line.at = at;
  turn.waits.push(line);
  return wait;
}

function dropWait(wait) {
  if (!run.waits.delete(wait)) return;
  const fresh = turn.waits.findIndex((line) => line.wait === wait);
  if (fresh >= 0)
    turn.waits.splice(fresh, 1); // The driver has never heard of it.
  else turn.waits.push({ drop: wait });
}

// True inside an effect: what it calls in turn is part of it.
const effectContext = new AsyncLocalStorage();
const insideEffect = () => effectContext.getStore() === true;
const effects = new Set(); // calls of the user's own, begun and not yet settled
// Calls of database drivers, which settle in real time whatever virtual time does.
const outsideCalls = new Set();

// A call that leaves the process. `driver` is null for the user's own.
function call(label, effect, driver) {
  if (insideEffect()) return begin(effect);
  const site = userSite();
  const page = pageOf(site);
  const { number } = run;
  const cause = turn;
  const leg = (which) => ({ for: 'io', leg: which, label: tidy(label, 64) });
  return new Promise((resolve, reject) => {
    const settled = (settle) => (value) => {
      if (run.number !== number || (page && page.dead)) return;
      addWait(leg('response'), site, page, cause, () => settle(value));
    };
    addWait(leg('request'), site, page, cause, () => {
      pending(begin(effect), label, driver).then(settled(resolve), settled(reject));
    });
  });
}

function begin(effect) {
  return effectContext.run(true, async () => effect());
}

// Keeps account of a call for as long as it runs. `queued` tells whether it waits for another
// request's connection, so that real time alone cannot finish it.
function pending(promise, label, driver, queued) {
  const account = driver ? outsideCalls : effects;
  const entry = { label, queued };
  account.add(entry);
  const done = () => {
    account.delete(entry);
    wakeUp();
  };
  promise.then(done, done);
  return promise;
}

function io(label, effect) {
  if (typeof effect !== 'function') throw new TypeError('io(label, f): f must be a function');
  return call(label, effect, null);
}

function wrap(object, names, name) {
  for (const method of names) gate(object, method, name || '', null);
  return object;
}

// Puts a method behind legs, for promises and for callbacks alike.
function gate(owner, method, name, driver) {
  const original = owner && owner[method];
  if (typeof original !== 'function') return;
  owner[method] = function gated(...args) {
    if (insideEffect() || (driver && isSubmittable(args[0]))) return original.apply(this, args);
    if (driver) keep(this, driver);
    const callback = typeof args[args.length - 1] === 'function' ? args.pop() : null;
    const effect = callback ? promisedBy(original, this, args) : () => original.apply(this, args);
    const promise = call(labelOf(name, method, args[0]), effect, driver);
    return callback ? calledBack(promise, callback) : promise;
  };
}

// A function with a callback, as one with a promise of the callback's results; and back again.
function promisedBy(original, self, args) {
  return () =>
    new Promise((resolve, reject) => {
      original.call(self, ...args, (error, ...results) =>
        error ? reject(error) : resolve(results),
      );
    });
}

function calledBack(promise, callback) {
  promise.then(
    (results) => process.nextTick(callback, null, ...results),
    (error) => process.nextTick(callback, error),
  );
}

// Cursors and streams of pg, which a query only hands on.
function isSubmittable(thing) {
  return Boolean(thing) && typeof thing.submit === 'function';
}

// What a call is named: of SQL only the verb and the table, never a value.
function labelOf(name, method, first) {
  const sql = typeof first === 'string' ? first : first && (first.text || first.sql);
  const found = typeof sql === 'string' && /^\s*([a-z]+)\b/i.exec(sql);
  const table = found && /\b(?:from|into|update|table)\s+["`]?([\w.]+)/i.exec(sql);
  const what = found && name ? found[1].toLowerCase() + (table ? ` ${table[1]}` : '') : method;
  return name ? `${name} ${what}` : what;
}

// The run's store, for examples: rows are copied in and out, as by a database.
const copy = (row) => (typeof row === 'object' && row !== null ? structuredClone(row) : row);

function table(name) {
  if (!run.tables.has(name)) run.tables.set(name, new Map());
  return run.tables.get(name);
}

function duplicate(name, key) {
  return Object.assign(new Error(`duplicate key in ${name}`), { code: '23505', key });
}

const store = {
  get: (name, key) => io(`get ${name}`, () => copy(table(name).get(key))),
  put: (name, key, row) =>
    io(`put ${name}`, () => {
      table(name).set(key, copy(row));
    }),
  insert: (name, key, row) =>
    io(`insert ${name}`, () => {
      if (table(name).has(key)) throw duplicate(name, key);
      table(name).set(key, copy(row));
    }),
  insertIfAbsent: (name, key, row) =>
    io(`insert-if-absent ${name}`, () => {
      if (!table(name).has(key)) table(name).set(key, copy(row));
      return copy(table(name).get(key));
    }),
  select: (name, filter) =>
    io(`select ${name}`, () => [...table(name).values()].map(copy).filter(filter || (() => true))),
  del: (name, key) => io(`delete ${name}`, () => table(name).delete(key)),
  lock: async (name, work) => {
    const page = options.server ? null : run.pages.get(turn.client);
    await io(`lock ${name}`, () => (page && page.dead ? null : takeLock(name, turn.client)));
    try {
      return await work();
    } finally {
      await io(`unlock ${name}`, () => giveLock(name));
    }
  },
};

// Locks: name → the clients that have it (the first) and wait for it, each with what lets it go on.
function takeLock(name, client) {
  if (!run.locks.has(name)) run.locks.set(name, []);
  const line = run.locks.get(name);
  return new Promise((resolve) => {
    line.push({ client, resolve });
    if (line.length === 1) resolve();
  });
}

function giveLock(name) {
  const line = run.locks.get(name);
  line.shift();
  if (line.length) line[0].resolve();
}

// As a database does when a connection ends.
function giveLocksOf(client) {
  for (const [name, line] of run.locks) {
    const waiting = line.filter((each, i) => i === 0 || each.client !== client);
    line.splice(0, line.length, ...waiting);
    if (line.length && line[0].client === client) giveLock(name);
  }
}

const api = { io, wrap, store: () => store, child: Number(process.env.SESSION_RACE_CHILD || 0) };

// -------------------------------------------------------------------------------------------------
// Clocks

function replaceClocks() {
  globalThis.Date = new Proxy(real.Date, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length ? args : [nowMs()], newTarget),
    apply: () => new real.Date(nowMs()).toString(),
    get: (target, property) => (property === 'now' ? nowMs : target[property]),
  });
  real.Date.prototype.constructor = globalThis.Date;
  const sinceStart = () => Number(clock.t) / 1e6;
  Object.defineProperty(performance, 'now', {
    value: sinceStart,
    configurable: true,
    writable: true,
  });
  Object.defineProperty(performance, 'timeOrigin', {
    get: () => Number(clock.now - clock.t) / 1e6,
    configurable: true,
  });
  process.hrtime = function hrtime(earlier) {
    let ns = clock.t;
    if (earlier) ns -= BigInt(earlier[0]) * NS_PER_S + BigInt(earlier[1]);
    const seconds = ns / NS_PER_S;
    return [Number(seconds), Number(ns - seconds * NS_PER_S)];
  };
  process.hrtime.bigint = () => clock.t;
  process.uptime = () => Number(clock.t) / 1e9;
}

// -------------------------------------------------------------------------------------------------
// Timers

// A callback that is called later in the asynchronous context of now, as Node calls it:
// AsyncLocalStorage of the user's depends on it.
function bound(callback) {
  const resource = new AsyncResource('session-race', { requireManualDestroy: true });
  return function called(...args) {
    return resource.runInAsyncScope(callback, this, ...args);
  };
}

const timersByNumber = new Map(); // those whose number was asked for, as Node does
let lastTimer = 0;

class Timeout {
  constructor(callback, ms, args, repeats) {
    const delay = Number(ms);
    Object.assign(this, {
      callback: bound(callback),
      args,
      repeats,
      ms: delay >= 1 && delay <= 0x7fffffff ? Math.trunc(delay) : 1,
      wait: 0,
      cleared: false,
    });
    this.site = userSite();
    this.arm();
  }

  arm() {
    const told = { for: 'timer', ns: String(BigInt(this.ms) * NS_PER_MS) };
    this.wait = addWait(told, this.site, pageOf(this.site), turn, () => this.fire());
  }

  fire() {
    this.callback(...this.args);
    if (this.repeats && !this.cleared) this.arm();
  }

  close() {
    this.cleared = true;
    dropWait(this.wait);
    return this;
  }

  refresh() {
    if (this.cleared) return this;
    dropWait(this.wait);
    this.arm();
    return this;
  }

  ref() {
    return this;
  }

  unref() {
    return this;
  }

  hasRef() {
    return true;
  }

  [Symbol.toPrimitive]() {
    if (!this.number) timersByNumber.set((this.number = ++lastTimer), this);
    return this.number;
  }
}
if (Symbol.dispose) Timeout.prototype[Symbol.dispose] = Timeout.prototype.close;

function newTimer(repeats) {
  return (callback, ms, ...args) => {
    if (typeof callback !== 'function')
      throw new TypeError('The "callback" argument must be of type function');
    return new Timeout(callback, ms, args, repeats);
  };
}

function clearTimer(timer) {
  const found =
    typeof timer === 'number' || typeof timer === 'string'
      ? timersByNumber.get(Number(timer))
      : timer;
  if (found instanceof Timeout) found.close();
}

let immediates = [];

class Immediate {
  constructor(callback, args) {
    Object.assign(this, { callback: bound(callback), args, cleared: false });
    immediates.push(this);
  }

  ref() {
    return this;
  }

  unref() {
    return this;
  }

  hasRef() {
    return true;
  }
}

// One at a time: ticks and promises run between two.
function runImmediate() {
  if (!immediates.length) return false;
  const { cleared, callback, args } = immediates.shift();
  if (!cleared) callback(...args);
  return true;
}

const timerFunctions = {
  setTimeout: newTimer(false),
  setInterval: newTimer(true),
  setImmediate: (callback, ...args) => new Immediate(callback, args),
  clearTimeout: clearTimer,
  clearInterval: clearTimer,
  clearImmediate: (immediate) => {
    if (immediate instanceof Immediate) immediate.cleared = true;
  },
};

// A promise that a signal can end.
function abortable(signal, starts, stops) {
  return new Promise((resolve, reject) => {
    if (signal && signal.aborted) {
      reject(abortError(signal));
      return;
    }
    const begun = starts(resolve);
    if (signal)
      signal.addEventListener(
        'abort',
        () => {
          stops(begun);
          reject(abortError(signal));
        },
        { once: true },
      );
  });
}

function abortError(signal) {
  return Object.assign(new Error('The operation was aborted', { cause: signal.reason }), {
    name: 'AbortError',
    code: 'ABORT_ERR',
  });
}

const sleep = (ms, value, how) =>
  abortable(
    how && how.signal,
    (resolve) => timerFunctions.setTimeout(resolve, ms, value),
    timerFunctions.clearTimeout,
  );
const soon = (value, how) =>
  abortable(
    how && how.signal,
    (resolve) => timerFunctions.setImmediate(resolve, value),
    timerFunctions.clearImmediate,
  );

async function* ticks(ms, value, how) {
  for (;;) yield sleep(ms, value, how);
}

function replaceTimers() {
  Object.assign(globalThis, timerFunctions);
  Object.assign(timers, timerFunctions);
  timerFunctions.setTimeout[util.promisify.custom] = sleep;
  timerFunctions.setImmediate[util.promisify.custom] = soon;
  Object.assign(timersPromises, { setTimeout: sleep, setImmediate: soon, setInterval: ticks });
  Object.assign(timersPromises.scheduler, {
    wait: (ms, how) => sleep(ms, undefined, how),
    yield: () => soon(),
  });
  AbortSignal.timeout = (ms) => {
    const controller = new AbortController();
    timerFunctions.setTimeout(
      () =>
        controller.abort(
          new DOMException('The operation was aborted due to timeout', 'TimeoutError'),
        ),
      ms,
    );
    return controller.signal;
  };
}

// -------------------------------------------------------------------------------------------------
// Random numbers

// A stream of 32-bit numbers for each client, keyed by the run's seed: sfc32, three words and a
// counter. A browser more, or one that draws more, moves nobody else's keys.
function stream32() {
  const name = turn.client || '';
  let next = run.streams.get(name);
  if (!next) run.streams.set(name, (next = newStream(`session-race-node\0${run.seed}\0${name}`)));
  return next;
}

function newStream(key) {
  const hash = crypto.createHash('sha256').update(key).digest();
  let [a, b, c, counter] = [hash.readInt32LE(0), hash.readInt32LE(4), hash.readInt32LE(8), 1];
  const next = () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let i = 0; i < 12; i++) next();
  return next;
}

// In [0, 1), with 53 bits.
function randomFraction() {
  const next = stream32();
  return ((next() >>> 5) * 67108864 + (next() >>> 6)) / 9007199254740992;
}

function fillBytes(bytes) {
  const next = stream32();
  for (let i = 0, word = 0; i < bytes.length; i++) {
    word = i % 4 ? word >>> 8 : next();
    bytes[i] = word;
  }
}

function randomBuffer(size) {
  const bytes = Buffer.alloc(size);
  fillBytes(bytes);
  return bytes;
}

// Offset and size count elements, as in Node.
function fillSync(target, offset, size) {
  const width = target.BYTES_PER_ELEMENT || 1;
  const start = (offset || 0) * width;
  const length = size === undefined ? target.byteLength - start : size * width;
  const buffer = ArrayBuffer.isView(target) ? target.buffer : target;
  fillBytes(new Uint8Array(buffer, (target.byteOffset || 0) + start, length));
  return target;
}

function fillAsync(target, ...rest) {
  const callback = rest.pop();
  process.nextTick(callback, null, fillSync(target, ...rest));
}

function randomUUID() {
  const bytes = randomBuffer(16);
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

function randomInt(low, high, callback) {
  if (high === undefined || typeof high === 'function') return randomInt(0, low, high);
  const drawn = low + Math.floor(randomFraction() * (high - low));
  if (!callback) return drawn;
  process.nextTick(callback, null, drawn);
}

function getRandomValues(array) {
  if (array.byteLength > 65536)
    throw new DOMException('more than 65536 bytes', 'QuotaExceededError');
  return fillSync(array);
}

function generateKeySync(type, { length }) {
  return crypto.createSecretKey(randomBuffer(length >> 3));
}

// WebCrypto's secret keys are drawn here, too; key pairs cannot be.
function generateSecretKey(subtle, original, algorithm, extractable, usages) {
  const { name, length, hash } = typeof algorithm === 'string' ? { name: algorithm } : algorithm;
  const hashName = hash && (hash.name || hash);
  const bits = /^AES-/i.test(name)
    ? length
    : /^HMAC$/i.test(name)
      ? length || (/^SHA-(384|512)$/i.test(hashName) ? 1024 : 512)
      : 0;
  if (!bits) return original.call(subtle, algorithm, extractable, usages);
  return subtle.importKey('raw', randomBuffer(bits >> 3), algorithm, extractable, usages);
}

function replaceRandomNumbers() {
  Math.random = randomFraction;
  const later =
    (now) =>
    (...args) => {
      const callback = args.pop();
      process.nextTick(callback, null, now(...args));
    };
  Object.assign(crypto, {
    randomBytes: (size, callback) =>
      callback ? later(randomBuffer)(size, callback) : randomBuffer(size),
    pseudoRandomBytes: (size) => randomBuffer(size),
    randomFillSync: fillSync,
    randomFill: fillAsync,
    generateKey: later(generateKeySync),
    randomUUID,
    randomInt,
    generateKeySync,
  });
  const web = Object.getPrototypeOf(globalThis.crypto);
  const replace = (owner, name, value) =>
    Object.defineProperty(owner, name, { value, configurable: true, writable: true });
  replace(web, 'getRandomValues', getRandomValues);
  replace(web, 'randomUUID', randomUUID);
}

// -------------------------------------------------------------------------------------------------
// Work on other threads

const queue = []; // begun and not yet come back, the oldest first
// True inside such work: what it begins in turn is part of it.
const workContext = new AsyncLocalStorage();
let wakeUp = () => {};

function beginWork() {
  const work = { number: run.number, deliver: null };
  queue.push(work);
  return work;
}

function endWork(work, deliver) {
  work.deliver = deliver;
  wakeUp();
}

// Work comes back one at a time, in the order in which it was begun; that of an earlier run does
// not come back.
function releaseOldest() {
  if (!queue.length || !queue[0].deliver) return false;
  const work = queue.shift();
  if (work.number === run.number) work.deliver();
  return true;
}

function ordered(promise) {
  return new Promise((resolve, reject) => {
    const work = beginWork();
    promise.then(
      (value) => endWork(work, () => resolve(value)),
      (error) => endWork(work, () => reject(error)),
    );
  });
}

function orderedPromises(owner, names) {
  for (const name of names) {
    const original = owner[name];
    if (typeof original !== 'function') continue;
    const replaced = function orderedCall(...args) {
      if (workContext.getStore()) return original.apply(this, args);
      const result = workContext.run(true, () => original.apply(this, args));
      return result && typeof result.then === 'function' ? ordered(result) : result;
    };
    Object.defineProperty(owner, name, { value: replaced, configurable: true, writable: true });
  }
}

function orderedCallbacks(owner, names) {
  for (const name of names) {
    const original = owner[name];
    if (typeof original !== 'function') continue;
    const replaced = function orderedCall(...args) {
      const callback = args[args.length - 1];
      if (typeof callback !== 'function' || workContext.getStore())
        return original.apply(this, args);
      const work = beginWork();
      const deliver = bound(callback);
      args[args.length - 1] = (...results) => endWork(work, () => deliver(...results));
      try {
        return workContext.run(true, () => original.apply(this, args));
      } catch (error) {
        queue.splice(queue.indexOf(work), 1);
        throw error;
      }
    };
    // What util.promisify goes by.
    for (const symbol of Object.getOwnPropertySymbols(original))
      replaced[symbol] = original[symbol];
    owner[name] = replaced;
  }
}

// What no replaced function knows (streams of files, native addons, processes) is seen by its
// resource, and waited for.
const outstanding = new Set();
// Not those of `crypto`, whose functions are all replaced: Node makes one for a synchronous call,
// too, and never ends it.
const ONE_SHOT =
  /^(FSREQ|FILEHANDLECLOSE|GETADDRINFO|GETNAMEINFO|QUERYWRAP|TCPCONNECT|PIPECONNECT)/;
const NOT_WORK = ['PROMISE', 'Timeout', 'Immediate', 'TickObject', 'Microtask'];
const knownTypes = new Map(
  [...Object.keys(asyncWrapProviders), ...NOT_WORK].map((type) => [type, ONE_SHOT.test(type)]),
);

// Node's own resources are told apart by their type; a type that Node does not know is a native
// addon's, or an AsyncResource of JavaScript.
function isWork(type, resource) {
  const known = knownTypes.get(type);
  return known === undefined ? !(resource instanceof AsyncResource) : known;
}

function endOutstanding(id) {
  if (outstanding.delete(id)) wakeUp();
}

// A request that goes out for real, past `fetch`: it is waited for, and takes no virtual time.
function watchedRequest(original, name) {
  return function requestWatched(...args) {
    const request = original.apply(this, args);
    const id = Symbol(name);
    outstanding.add(id);
    request.once('close', () => endOutstanding(id));
    if (!insideEffect())
      turn.notes.push(`${name} to ${request.host} is no call of its own: use fetch, or io()`);
    return request;
  };
}

function watchResources() {
  createHook({
    init(id, type, trigger, resource) {
      if (isWork(type, resource)) outstanding.add(id);
    },
    after: endOutstanding,
  }).enable();
  // A process is done when its pipes are closed, too.
  const { spawn } = ChildProcess.prototype;
  ChildProcess.prototype.spawn = function spawnWatched(...args) {
    const id = Symbol('process');
    this.once('close', () => endOutstanding(id));
    const failed = spawn.apply(this, args);
    outstanding.add(id);
    return failed;
  };
  for (const owner of [http, https])
    for (const name of ['request', 'get'])
      owner[name] = watchedRequest(owner[name], `http.${name}`);
  // A compressing stream is made once and works for each piece.
  const base = Object.getPrototypeOf(Object.getPrototypeOf(zlib.Gzip.prototype));
  const { _transform } = base;
  base._transform = function transform(piece, encoding, callback) {
    const id = Symbol('zlib');
    outstanding.add(id);
    return _transform.call(this, piece, encoding, (...results) => {
      endOutstanding(id);
      callback(...results);
    });
  };
}

const SUBTLE = [
  'encrypt',
  'decrypt',
  'sign',
  'verify',
  'digest',
  'generateKey',
  'deriveKey',
  'deriveBits',
  'importKey',
  'exportKey',
  'wrapKey',
  'unwrapKey',
];

function replaceThreadWork() {
  const withTwin = (owner) =>
    Object.keys(owner).filter((name) => typeof owner[`${name}Sync`] === 'function');
  const subtle = Object.getPrototypeOf(globalThis.crypto.subtle);
  const { generateKey } = subtle;
  Object.defineProperty(subtle, 'generateKey', {
    value(...args) {
      return generateSecretKey(this, generateKey, ...args);
    },
    configurable: true,
    writable: true,
  });
  orderedPromises(subtle, SUBTLE);
  orderedPromises(
    fs.promises,
    Object.keys(fs.promises).filter((name) => name !== 'watch'),
  );
  orderedPromises(
    dns.promises,
    Object.keys(dns.promises).filter((name) => /^(lookup|resolve|reverse)/.test(name)),
  );
  orderedCallbacks(fs, withTwin(fs).concat('exists'));
  orderedCallbacks(zlib, withTwin(zlib));
  orderedCallbacks(
    dns,
    Object.keys(dns).filter((name) => /^(lookup|resolve|reverse)/.test(name)),
  );
  const drawn = ['generateKey', 'randomFill']; // replaced already
  orderedCallbacks(
    crypto,
    withTwin(crypto).filter((name) => !drawn.includes(name)),
  );
  orderedCallbacks(crypto, ['sign', 'verify', 'diffieHellman', 'encapsulate', 'decapsulate']);
}

// -------------------------------------------------------------------------------------------------
// Going on until nothing is left that can go on at this instant

const outermost = new AsyncResource('session-race', { requireManualDestroy: true });

// Calls `act` when something comes back from outside, or a millisecond has passed; never in the
// asynchronous context of what came back, or the next requests would be taken for a part of it.
function nap(act) {
  const timer = real.setTimeout(act, 1);
  wakeUp = () => {
    wakeUp = () => {};
    real.clearTimeout(timer);
    outermost.runInAsyncScope(real.setImmediate, null, act);
  };
}

// Calls `done` when nothing is left. Each step is a callback of its own: Node runs all ticks and
// promises behind it, and a message that `done` handles begins outside of them, as a message from a
// network does.
function settle(done) {
  let began = 0;
  const step = () => {
    if (runImmediate() || releaseOldest()) {
      real.setImmediate(step);
      return;
    }
    const awaited = workOutside();
    if (!awaited) {
      done();
      return;
    }
    began = began || realNow();
    if (realNow() - began > options.patienceMs) giveUp(awaited);
    nap(step);
  };
  real.setImmediate(step);
}

function giveUp(awaited) {
  const lock = outsideCalls.size ? '; does another open transaction hold a lock?' : '';
  fault(
    `${awaited} has not come back within ${options.patienceMs / 1000} s of real time${lock}`,
    'blocked',
  );
}

// What real time, and no virtual time, will bring back; null when there is nothing.
function workOutside() {
  if (queue.length || outstanding.size) return 'work on another thread';
  for (const { label, queued } of outsideCalls) if (!queued || !queued()) return label;
  // A call of the user's own, over a socket perhaps; one that has just begun a wait is left to
  // virtual time.
  if (effects.size && !turn.waits.length && socketsOpen()) return [...effects][0].label;
  return null;
}

function countPipes() {
  return process.getActiveResourcesInfo().filter((name) => name === 'PipeWrap').length;
}

function socketsOpen() {
  return (
    process
      .getActiveResourcesInfo()
      .some((name) => /^(TCPSocketWrap|TLSWrap|UDPWrap)$/.test(name)) || countPipes() > pipesOfOurs
  );
}

// -------------------------------------------------------------------------------------------------
// fetch: answered by the user's server in this process, or from outside with --live

const HERE = 'http://localhost/';

function virtualFetch(input, init) {
  let request;
  try {
    request = new Request(input instanceof Request ? input : new URL(String(input), HERE), init);
  } catch (error) {
    return Promise.reject(error);
  }
  const { origin } = new URL(request.url);
  const outside =
    options.live &&
    (options.origins.length
      ? options.origins.includes(origin)
      : !run.handler || origin !== 'http://localhost');
  if (outside) return fetchOutside(request);
  if (run.handler) return fetchInside(request);
  const why = options.live
    ? `${origin} is not among the origins of --live`
    : 'there is no --server and no --live';
  return Promise.reject(
    new TypeError('fetch failed', { cause: new Error(`${request.method} ${request.url}: ${why}`) }),
  );
}

async function fetchInside(request) {
  const page = pageOf(userSite());
  const { number } = run;
  const answer = request.arrayBuffer().then((body) => askServer(request, Buffer.from(body)));
  return new Promise((resolve, reject) => {
    const alive = (settle) => (value) => {
      if (run.number === number && !(page && page.dead)) settle(value);
    };
    answer.then(alive(resolve), alive(reject));
    request.signal.addEventListener('abort', () => reject(request.signal.reason), { once: true });
    if (request.signal.aborted) reject(request.signal.reason);
  });
}

// A connection without a network: what the server writes is kept.
function newSocket(written) {
  const socket = new stream.Duplex({
    read() {},
    write(piece, encoding, done) {
      written.push(piece);
      done();
    },
  });
  const itself = () => socket;
  return Object.assign(socket, {
    remoteAddress: '127.0.0.1',
    remotePort: 1,
    encrypted: true,
    setTimeout: itself,
    setKeepAlive: itself,
    setNoDelay: itself,
  });
}

function newMessage(request, body, socket) {
  const { host, pathname, search } = new URL(request.url);
  const message = new http.IncomingMessage(socket);
  const headers = Object.assign({ host }, Object.fromEntries(request.headers));
  if (body.length) headers['content-length'] = String(body.length);
  // Made as HTTP/1.0, so that the answer is not cut in chunks.
  Object.assign(message, {
    method: request.method,
    url: pathname + search,
    headers,
    httpVersionMajor: 1,
    httpVersionMinor: 0,
    complete: true,
  });
  message.rawHeaders = Object.entries(headers).flat();
  if (body.length) message.push(body);
  message.push(null);
  return message;
}

function askServer(request, body) {
  return new Promise((resolve, reject) => {
    const written = [];
    const socket = newSocket(written);
    const message = newMessage(request, body, socket);
    const response = new http.ServerResponse(message);
    Object.assign(message, { httpVersion: '1.1', httpVersionMinor: 1 });
    response.sendDate = false; // Node's own reads the real clock.
    response.setHeader('Date', new Date().toUTCString());
    response.assignSocket(socket);
    response.on('finish', () => resolve(readResponse(Buffer.concat(written), request)));
    const cut = () => {
      if (!response.writableFinished)
        reject(
          new TypeError('fetch failed', { cause: new Error('the server closed the connection') }),
        );
    };
    response.on('close', cut);
    socket.on('close', cut);
    run.handler(message, response);
  });
}

function readResponse(bytes, request) {
  const end = bytes.indexOf('\r\n\r\n');
  const [first, ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
  const [, status, statusText] = /^HTTP\/1\.1 (\d+) ?(.*)$/.exec(first);
  const headers = lines
    .map((line) => line.split(/: ?(.*)/s).slice(0, 2))
    .filter(([name]) => !/^connection$/i.test(name));
  return newResponse(bytes.subarray(end + 4), Number(status), statusText, headers, request.url);
}

function newResponse(body, status, statusText, headers, address) {
  const empty = !body.length || [101, 204, 205, 304].includes(status);
  const response = new Response(empty ? null : body, { status, statusText, headers });
  return Object.defineProperty(response, 'url', { value: address });
}

// A real request, from a thread whose world is untouched; this thread stands still until its answer
// is there.
let courier = null;

function fetchOutside(request) {
  return call(
    `${request.method} ${new URL(request.url).pathname}`,
    async () => {
      const body = Buffer.from(await request.arrayBuffer());
      const answer = sendCourier({
        url: request.url,
        method: request.method,
        headers: [...request.headers],
        body: body.length ? body : undefined,
      });
      if (answer.error) throw new TypeError('fetch failed', { cause: new Error(answer.error) });
      return newResponse(
        Buffer.from(answer.body),
        answer.status,
        answer.statusText,
        answer.headers,
        answer.url,
      );
    },
    null,
  );
}

const COURIER = `
  const { workerData: { port, flag } } = require('worker_threads');
  port.on('message', async ({ url, ...errand }) => {
    let answer;
    try {
      const r = await fetch(url, errand);
      const headers = [...r.headers].filter(([name]) => name !== 'content-encoding');
      answer = { url: r.url, status: r.status, statusText: r.statusText, headers, body: await r.arrayBuffer() };
    } catch (error) {
      answer = { error: String((error.cause && error.cause.message) || error) };
    }
    port.postMessage(answer);
    Atomics.store(flag, 0, 1);
    Atomics.notify(flag, 0);
  });`;

function newCourier() {
  const { Worker, MessageChannel } = require('worker_threads');
  const { port1, port2 } = new MessageChannel();
  const flag = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(COURIER, {
    eval: true,
    workerData: { port: port2, flag },
    transferList: [port2],
  });
  worker.unref();
  port1.unref();
  return { port: port1, flag };
}

function sendCourier(errand) {
  courier = courier || newCourier();
  Atomics.store(courier.flag, 0, 0);
  courier.port.postMessage(errand);
  if (Atomics.wait(courier.flag, 0, 0, options.patienceMs) === 'timed-out')
    fault(
      `${errand.method} ${new URL(errand.url).origin} has not answered within ${options.patienceMs / 1000} s of real time`,
      'blocked',
    );
  return require('worker_threads').receiveMessageOnPort(courier.port).message;
}

// -------------------------------------------------------------------------------------------------
// Loading: a world is one evaluation of a file and of what it imports by relative paths

function newWorld(page) {
  return { modules: new Map(), files: new Set(), exports: null, dead: false, client: page };
}

const compiled = new Map(); // file → { type, text, evaluate }
const packageTypes = new Map();

// `type` of the nearest package.json, '' where it says nothing.
function packageType(folder) {
  if (!packageTypes.has(folder)) {
    const file = path.join(folder, 'package.json');
    let type = '';
    if (existsSync(file)) type = JSON.parse(readFileSync(file, 'utf8')).type || '';
    else if (path.dirname(folder) !== folder) type = packageType(path.dirname(folder));
    packageTypes.set(folder, type);
  }
  return packageTypes.get(folder);
}

function compile(file) {
  if (!compiled.has(file)) compiled.set(file, compileFile(file));
  return compiled.get(file);
}

function compileFile(file) {
  let text = readFileSync(file, 'utf8').replace(/^#!.*/, '');
  const extension = path.extname(file);
  if (extension === '.json') return { type: 'json', text };
  if (/^\.[cm]?ts$/.test(extension)) {
    if (typeof Module.stripTypeScriptTypes !== 'function')
      throw new Error(
        `${file}: Node ${process.versions.node} does not strip types; TypeScript needs Node 22.13 or later`,
      );
    text = Module.stripTypeScriptTypes(text);
  }
  const said =
    { '.mjs': 'module', '.mts': 'module', '.cjs': 'commonjs', '.cts': 'commonjs' }[extension] ||
    packageType(path.dirname(file));
  if (said === 'module') return { type: 'module', text };
  try {
    return { type: 'commonjs', evaluate: compileCommonJs(file, text) };
  } catch (error) {
    // As Node does: a file that only an ES module can be, is one.
    const isModule = /import statement|'export'|import\.meta|await is only valid/.test(
      error.message,
    );
    if (said || !isModule) throw error;
    return { type: 'module', text };
  }
}

function compileCommonJs(file, text) {
  return vm.compileFunction(text, ['exports', 'require', 'module', '__filename', '__dirname'], {
    filename: file,
    importModuleDynamically: (specifier) => importFrom(specifier, file, worldOf(file)),
  });
}

function worldOf(file) {
  const ofServer = run.server && run.server.files.has(file);
  return ofServer ? run.server : run.pages.get(turn.client) || run.server || run.outside;
}

// The exports of a CommonJS or JSON file, in a world.
function requireFile(file, world) {
  if (world.modules.has(file)) return world.modules.get(file).exports;
  const { type, text, evaluate } = compile(file);
  const module = { exports: {}, id: file, filename: file, loaded: false, children: [], paths: [] };
  if (type === 'module')
    throw Object.assign(new Error(`${file} is an ES module: import it instead of require()`), {
      code: 'ERR_REQUIRE_ESM',
    });
  world.modules.set(file, module);
  world.files.add(file);
  if (type === 'json') module.exports = JSON.parse(text);
  else
    evaluate.call(
      module.exports,
      module.exports,
      requireFor(file, world),
      module,
      file,
      path.dirname(file),
    );
  module.loaded = true;
  return module.exports;
}

// A world holds what is named by a path and does not lie in node_modules.
function isOwnFile(file) {
  return (
    path.isAbsolute(file) && !file.includes('/node_modules/') && /\.([cm]?[jt]s|json)$/.test(file)
  );
}

function requireFor(file, world) {
  const outer = Module.createRequire(file);
  const inner = (id) => {
    if (!/^(\.{0,2}\/|\.{1,2}$)/.test(id)) return outer(id);
    const found = outer.resolve(id);
    return isOwnFile(found) ? requireFile(found, world) : outer(id);
  };
  return Object.assign(inner, { resolve: outer.resolve, cache: outer.cache, main: undefined });
}

// ES modules. Node keeps every module that it has imported for ever. Of modules of `vm` it keeps
// less, but each makes every later turn dearer: after 500 runs a turn takes 3 times as long, after
// 4000 runs 30 times. So a fresh process takes over early.
const RUNS_WITH_MODULES = 500;
let hasModules = false;
const synthetics = new WeakMap();

function synthetic(exports, isNamespace) {
  const isObject =
    (typeof exports === 'object' || typeof exports === 'function') && exports !== null;
  if (isObject && synthetics.has(exports)) return synthetics.get(exports);
  const names = (isObject ? Object.keys(exports) : []).filter((name) => name !== 'default');
  const wholes = isNamespace && !('default' in exports) ? [] : ['default'];
  const module = new vm.SyntheticModule([...wholes, ...names], function evaluate() {
    if (wholes.length) this.setExport('default', isNamespace ? exports.default : exports);
    for (const name of names) this.setExport(name, exports[name]);
  });
  if (isObject) synthetics.set(exports, module);
  return module;
}

function newModule(file, world) {
  if (typeof vm.SourceTextModule !== 'function')
    throw new Error(
      `${file} is an ES module: start the adapter by session-race-node, or node --experimental-vm-modules`,
    );
  hasModules = true;
  const identifier = url.pathToFileURL(file).href;
  const module = new vm.SourceTextModule(compile(file).text, {
    identifier,
    initializeImportMeta: (meta) =>
      Object.assign(meta, {
        url: identifier,
        filename: file,
        dirname: path.dirname(file),
        resolve: (id) => new URL(id, identifier).href,
      }),
    importModuleDynamically: (specifier) => importFrom(specifier, file, world),
  });
  world.modules.set(file, module);
  world.files.add(file);
  return module;
}

// The module that `specifier` means in `file`.
function moduleFor(specifier, file, world) {
  if (specifier === 'session-race') return synthetic(api);
  if (Module.isBuiltin(specifier) || options.map.has(specifier) || isDriver(specifier))
    return synthetic(Module.createRequire(file)(specifier));
  if (!/^(\.{0,2}\/|file:)/.test(specifier)) return importPackage(specifier, file);
  const found = url.fileURLToPath(new URL(specifier, url.pathToFileURL(file)));
  if (!isOwnFile(found)) return importPackage(found, file);
  if (compile(found).type !== 'module') return synthetic(requireFile(found, world));
  return world.modules.get(found) || newModule(found, world);
}

const packages = new Map();

// Packages are imported by Node itself, once.
function importPackage(specifier, file) {
  const key = `${path.dirname(file)}\0${specifier}`;
  if (!packages.has(key))
    packages.set(
      key,
      pending(nativeImport(specifier, file), `import ${specifier}`, 'node').then((all) =>
        synthetic(all, true),
      ),
    );
  return packages.get(key);
}

function nativeImport(specifier, file) {
  const loader = vm.constants && vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER;
  if (!loader) return import(url.pathToFileURL(Module.createRequire(file).resolve(specifier)).href);
  return vm.compileFunction('return import(specifier)', ['specifier'], {
    filename: file,
    importModuleDynamically: loader,
  })(specifier);
}

async function evaluateModule(module, world) {
  if (module.status === 'unlinked')
    await module.link((specifier, from) =>
      moduleFor(specifier, url.fileURLToPath(from.identifier), world),
    );
  await module.evaluate();
  return module;
}

async function importFrom(specifier, file, world) {
  return evaluateModule(await moduleFor(specifier, file, world), world);
}

// Evaluates a file in a world: the exports, or a promise of them for an ES module.
function evaluateFile(file, world) {
  if (compile(file).type !== 'module') return requireFile(file, world);
  return evaluateModule(newModule(file, world), world).then((module) => module.namespace);
}

// Named exports, or those of the default export.
function exported(exports, name) {
  if (!exports) return undefined;
  if (exports[name] !== undefined) return exports[name];
  return exports.default ? exports.default[name] : undefined;
}

// -------------------------------------------------------------------------------------------------
// Packages that talk to a database: loaded with real timers and clocks, their calls put behind
// legs, their connections closed at `start`

const kept = new Map(); // what was opened in this run → how it is closed
const nothing = () => {};

function keep(opened, driver) {
  if (opened && !kept.has(opened)) kept.set(opened, DRIVERS[driver].close);
}

function closeFirst(...names) {
  return (opened) => {
    const name = names.find((candidate) => typeof opened[candidate] === 'function');
    return name && opened[name]();
  };
}

// An open transaction would hold its locks until the next run: its connection is cut, not asked.
function closePg(opened) {
  opened.on('error', nothing);
  for (const client of opened._clients || [opened]) {
    if (!client.connection || !client.connection.stream) continue;
    client.on('error', nothing);
    client.connection.stream.destroy();
  }
  return opened.end();
}

async function closeKept() {
  const closings = [...kept].map(async ([opened, close]) => close(opened));
  kept.clear();
  if (!closings.length) return;
  await pending(
    Promise.race([
      Promise.allSettled(closings),
      new Promise((resolve) => real.setTimeout(resolve, 200)),
    ]),
    'closing',
    'node',
  );
}

// Constructors and functions that open a connection: what they begin is real, and none of the
// user's calls.
function openedInside(original, driver) {
  const open = (make) => {
    const made = effectContext.run(true, make);
    if (!driver) return made;
    if (!(made instanceof Promise)) {
      keep(made, driver);
      return made;
    }
    return pending(made, `connection of ${driver}`, driver).then((opened) => {
      keep(opened, driver);
      return opened;
    });
  };
  return new Proxy(original, {
    construct: (target, args, newTarget) => open(() => Reflect.construct(target, args, newTarget)),
    apply: (target, self, args) => open(() => Reflect.apply(target, self, args)),
  });
}

// The exports of a package with some of them replaced; packages make their own read-only.
function withReplaced(exports, replaced, whole) {
  return new Proxy(whole || exports, {
    get: (target, name) =>
      Object.prototype.hasOwnProperty.call(replaced, name) ? replaced[name] : exports[name],
  });
}

function withOpened(exports, names, driver, whole) {
  const replaced = {};
  for (const name of names)
    if (typeof exports[name] === 'function') replaced[name] = openedInside(exports[name], driver);
  return withReplaced(exports, replaced, whole);
}

function gateAll(owner, names, name, driver) {
  if (owner) for (const method of names) gate(owner.prototype, method, name, driver);
}

function patchPg(pg, driver) {
  const waiting = (pool) => pool.waitingCount > 0;
  gateAll(pg.Pool, ['query'], 'pg', driver);
  if (pg.Client !== pg.Pool) gateAll(pg.Client, ['query'], 'pg', driver);
  if (driver) {
    atOnce(pg.Pool.prototype, 'connect', 'pg', driver, waiting);
    atOnce(pg.Client.prototype, 'connect', 'pg', driver);
  }
  return withOpened(pg, ['Pool', 'Client'], driver);
}

const MYSQL = ['query', 'execute', 'beginTransaction', 'commit', 'rollback'];

function patchMysql(mysql, driver) {
  const queued = (pool) => Boolean(pool._connectionQueue) && pool._connectionQueue.length > 0;
  for (const name of ['Connection', 'Pool', 'PromiseConnection', 'PromisePool']) {
    gateAll(mysql[name], MYSQL, 'mysql', driver);
    if (mysql[name])
      atOnce(mysql[name].prototype, 'getConnection', 'mysql', driver, (pool) =>
        queued(pool.pool || pool),
      );
  }
  return withOpened(mysql, ['createConnection', 'createPool'], driver);
}

// One command of ioredis is an object with a name; a pipeline is one call.
function patchIoredis(ioredis, driver) {
  const { sendCommand } = ioredis.prototype;
  ioredis.prototype.sendCommand = function gated(command, ...rest) {
    if (insideEffect()) return sendCommand.call(this, command, ...rest);
    return call(`redis ${command.name}`, () => sendCommand.call(this, command, ...rest), driver);
  };
  gateAll(ioredis.Pipeline, ['exec'], 'redis', driver);
  return withOpened(
    ioredis,
    ['Redis', 'default', 'Cluster'],
    driver,
    openedInside(ioredis, driver),
  );
}

const REDIS_PLAIN =
  /^(constructor|on|once|off|emit|addListener|removeListener|removeAllListeners|duplicate|then)$/;
const REDIS_OPENING = /^(connect|disconnect|quit|close|destroy)$/;

// The commands of redis reach private members of its client, so the client itself is wrapped.
function gateRedis(client, driver) {
  const itself = (result) => (result === client ? gated : result);
  const gated = new Proxy(client, {
    get(target, name) {
      const method = target[name];
      if (typeof method !== 'function' || typeof name !== 'string') return method;
      if (REDIS_PLAIN.test(name)) return (...args) => itself(method.apply(target, args));
      if (name === 'multi') return (...args) => gateMulti(method.apply(target, args), driver);
      if (REDIS_OPENING.test(name))
        return (...args) =>
          pending(
            begin(() => method.apply(target, args)),
            `redis ${name}`,
            driver,
          ).then(itself);
      return (...args) => call(`redis ${name}`, () => method.apply(target, args), driver);
    },
  });
  return gated;
}

function gateMulti(multi, driver) {
  const { exec } = multi;
  multi.exec = (...args) => call('redis multi', () => exec.apply(multi, args), driver);
  return multi;
}

function patchRedis(redis, driver) {
  const createClient = (...args) => {
    const client = effectContext.run(true, () => redis.createClient(...args));
    keep(client, driver);
    return gateRedis(client, driver);
  };
  return withReplaced(redis, { createClient });
}

const MONGO = [
  'findOne',
  'insertOne',
  'insertMany',
  'updateOne',
  'updateMany',
  'replaceOne',
  'deleteOne',
  'deleteMany',
  'findOneAndUpdate',
  'findOneAndReplace',
  'findOneAndDelete',
  'countDocuments',
  'estimatedDocumentCount',
  'distinct',
  'bulkWrite',
  'createIndex',
];

function patchMongo(mongo, driver) {
  gateAll(mongo.Collection, MONGO, 'mongo', driver);
  gateAll(
    mongo.AbstractCursor,
    ['toArray', 'next', 'hasNext', 'tryNext', 'forEach'],
    'mongo',
    driver,
  );
  gateAll(mongo.ClientSession, ['commitTransaction', 'abortTransaction'], 'mongo', driver);
  if (driver) atOnce(mongo.MongoClient.prototype, 'connect', 'mongo', driver);
  return withOpened(mongo, ['MongoClient'], driver);
}

function patchPrisma(prisma, driver) {
  const query = {
    $allOperations: ({ model, operation, args, query: ask }) =>
      call(`prisma ${model ? `${model}.` : ''}${operation}`, () => ask(args), driver),
  };
  const PrismaClient = new Proxy(prisma.PrismaClient, {
    construct(target, args, newTarget) {
      const client = effectContext.run(true, () => Reflect.construct(target, args, newTarget));
      if (driver) keep(client, driver);
      return client.$extends({ query });
    },
  });
  return withReplaced(prisma, { PrismaClient });
}

const DRIVERS = {
  pg: { patch: patchPg, close: closePg },
  mysql2: { patch: patchMysql, close: closeFirst('destroy', 'end') },
  'mysql2/promise': { patch: patchMysql, close: closeFirst('destroy', 'end') },
  ioredis: { patch: patchIoredis, close: closeFirst('disconnect') },
  redis: { patch: patchRedis, close: closeFirst('destroy', 'disconnect') },
  mongodb: { patch: patchMongo, close: (client) => client.close(true) },
  knex: {
    patch: (knex, driver) =>
      withOpened(knex, ['knex', 'default'], driver, openedInside(knex, driver)),
    close: closeFirst('destroy'),
  },
  '@prisma/client': { patch: patchPrisma, close: closeFirst('$disconnect') },
  'better-sqlite3': {
    patch: (Database, driver) => openedInside(Database, driver),
    close: closeFirst('close'),
  },
  'node:sqlite': {
    patch: (sqlite, driver) => withOpened(sqlite, ['DatabaseSync'], driver),
    close: closeFirst('close'),
  },
};
const isDriver = (name) => Object.prototype.hasOwnProperty.call(DRIVERS, name);
const patched = new WeakMap(); // exports of a driver → what is handed out instead

// Runs at once and for real, without legs, and is waited for: opening a connection.
function atOnce(owner, method, name, driver, queued) {
  const original = owner && owner[method];
  if (typeof original !== 'function') return;
  owner[method] = function opening(...args) {
    if (insideEffect()) return original.apply(this, args);
    keep(this, driver);
    const callback = typeof args[args.length - 1] === 'function' ? args.pop() : null;
    const effect = callback ? promisedBy(original, this, args) : () => original.apply(this, args);
    const promise = pending(
      begin(effect),
      `${name} ${method}`,
      driver,
      queued && (() => queued(this)),
    );
    return callback ? calledBack(promise, callback) : promise;
  };
}

const realFiles = new Set(); // so compiled; what they load later is so compiled, too
const realModules = {
  timers: Object.assign({}, timers),
  'timers/promises': Object.assign({}, timersPromises),
};

// Compiles what `load` loads with real timers and clocks in place of the global ones.
function withRealWorld(load) {
  const { _compile } = Module.prototype;
  Module.prototype._compile = function compileReal(text, ...rest) {
    realFiles.add(rest[0]);
    const names = Object.keys(real).join(', ');
    const body = text.replace(/^#!.*/, '');
    return _compile.call(
      this,
      `(function (${names}) { ${body}\n}).call(this, ...require('session-race/real'));`,
      ...rest,
    );
  };
  try {
    return load();
  } finally {
    Module.prototype._compile = _compile;
  }
}

function patchedDriver(name, exports, driver) {
  if (!patched.has(exports)) patched.set(exports, DRIVERS[name].patch(exports, driver));
  return patched.get(exports);
}

// A file in the place of a package: one for all browsers of a run.
function mapped(name) {
  const exports = requireFile(options.map.get(name), run.outside);
  return isDriver(name) ? patchedDriver(name, exports, null) : exports;
}

function replaceLoading() {
  const load = Module._load;
  Module._load = function loadPatched(name, parent, ...rest) {
    const ofDriver = Boolean(parent) && realFiles.has(parent.filename);
    const plainName = name.replace(/^node:/, '');
    const loadReal = () => withRealWorld(() => load.call(this, name, parent, ...rest));
    if (name === 'session-race') return api;
    if (name === 'session-race/real') return Object.values(real);
    if (options.map.has(name)) return mapped(name);
    if (isDriver(name)) return patchedDriver(name, loadReal(), name);
    if (ofDriver && Object.prototype.hasOwnProperty.call(realModules, plainName))
      return realModules[plainName];
    return ofDriver && !Module.isBuiltin(name)
      ? loadReal()
      : load.call(this, name, parent, ...rest);
  };
}

// -------------------------------------------------------------------------------------------------
// Everything that goes to standard output goes to standard error; the protocol alone has the
// descriptor. The protocol's input is nobody else's either.

function replaceOutputs() {
  Object.defineProperty(process, 'stdout', { get: () => stderr, configurable: true });
  const empty = stream.Readable.from([]);
  Object.defineProperty(process, 'stdin', { get: () => empty, configurable: true });
  for (const name of ['write', 'writeSync', 'writev', 'writevSync']) {
    // Loggers write to descriptor 1.
    const original = fs[name];
    fs[name] = Object.assign(
      (descriptor, ...rest) => original(descriptor === 1 ? 2 : descriptor, ...rest),
      original,
    );
  }
  const { emitWarning } = process;
  process.emitWarning = (warning, ...rest) => {
    if (!/^VM Modules is an experimental/.test(warning))
      emitWarning.call(process, warning, ...rest);
  };
}

// `.catch(console.log)` swallows an error: the last one that was logged in a turn is told with what
// the promise then resolved to.
function watchConsole() {
  for (const name of ['log', 'info', 'debug', 'warn', 'error']) {
    const original = console[name];
    console[name] = Object.assign((...args) => {
      const error = args.find((arg) => arg instanceof Error);
      if (error && turn) turn.logged = error;
      original(...args);
    }, original);
  }
}

// A server that listens in this world waits for the `fetch` of the client.
let listening = null;

function replaceListening() {
  net.Server.prototype.listen = function listen(...args) {
    listening = this;
    const callback = args.find((arg) => typeof arg === 'function');
    if (callback) this.once('listening', callback);
    this.address = () => ({ address: '127.0.0.1', family: 'IPv4', port: Number(args[0]) || 1 });
    process.nextTick(() => this.emit('listening'));
    return this;
  };
}

// -------------------------------------------------------------------------------------------------
// Answers

function answer(id, members, at) {
  if (!run.open.delete(id)) return; // It was answered, or its browser is gone.
  const place = at || turn.at;
  turn.answers.push(Object.assign({ id }, members, place && { at: place }));
}

function badShape(id, sentence, at) {
  answer(id, { error: tidy(sentence, 500), reason: 'bad-shape' }, at);
}

// The promise resolved to nothing, perhaps since an error was logged and not thrown on.
function swallowed(id, sentence) {
  const at = errorSite(turn.logged);
  const what = turn.logged && `${errorText(turn.logged)}${at ? ` (${at})` : ''}`;
  badShape(id, what ? `${sentence}; an error was logged and not thrown on: ${what}` : sentence, at);
}

function refuse(id, error) {
  const members = { error: tidy(errorText(error), 500) };
  const reason = error && error.reason;
  if (REASONS.includes(reason)) members.reason = reason;
  answer(id, members, errorSite(error));
}

// What is wrong with a field that must be a string; null when nothing is. Never a value of it: it
// may be a key.
function stringFault(result, field) {
  const value = result[field];
  if (typeof value !== 'string')
    return `Expected field '${field}': it is ${value === null ? 'null' : `of type ${typeof value}`}`;
  return value.isWellFormed() ? null : `field '${field}' has half of a surrogate pair`;
}

function shapeOf(result) {
  if (result === null || typeof result !== 'object')
    return `${result === null ? 'null' : typeof result}`;
  return `an object with the fields ${Object.keys(result).slice(0, 8).join(', ') || 'none'}`;
}

function shapeFault(ask, result) {
  const fields = ask === 'key' ? ['key'] : ['token'];
  if (result === null || typeof result !== 'object' || result[ask] === undefined)
    return `Expected field '${ask}': the promise resolved to ${shapeOf(result)}`;
  if (ask === 'key' && result.keyHint !== undefined) fields.push('keyHint');
  const faults = fields.map((field) => stringFault(result, field)).filter(Boolean);
  if (!faults.length && fields.includes('keyHint') && result.keyHint.length > 256)
    return `field 'keyHint' has ${result.keyHint.length} characters, 256 are the limit`;
  return faults[0] || null;
}

function fulfilled({ id, ask }, result) {
  try {
    const wrong = shapeFault(ask, result);
    if (wrong && result === undefined) swallowed(id, wrong);
    else if (wrong) badShape(id, wrong);
    else if (ask === 'token') answer(id, { token: result.token });
    else
      answer(
        id,
        result.keyHint === undefined
          ? { key: result.key }
          : { key: result.key, hint: result.keyHint },
      );
  } catch (error) {
    // A getter of the result.
    badShape(id, errorText(error));
  }
}

function askProvider(message, exports) {
  const { id, ask, document, hint } = message;
  const provider = exported(exports, FUNCTIONS[ask]);
  if (typeof provider !== 'function')
    return refuse(id, `${path.basename(options.client)} exports no ${FUNCTIONS[ask]}`);
  let result;
  try {
    result = provider(
      ask === 'key'
        ? { documentId: document, keyHint: hint === undefined ? null : hint }
        : { documentId: document },
    );
  } catch (error) {
    return refuse(id, error);
  }
  if (!result || typeof result.then !== 'function' || typeof result.catch !== 'function')
    return badShape(
      id,
      `${FUNCTIONS[ask]} gave no promise: ${shapeOf(result)} without then and catch`,
    );
  result.then(
    (value) => fulfilled(message, value),
    (error) => refuse(id, error),
  );
}

// -------------------------------------------------------------------------------------------------
// Public keys of the signer

const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth'];

function addKeys(set) {
  if (!set || typeof set !== 'object') return;
  for (const key of Array.isArray(set) ? set : set.keys || [set]) {
    const open = Object.assign({}, key);
    if (open.kty !== 'oct') for (const member of PRIVATE_MEMBERS) delete open[member];
    run.keys.set(JSON.stringify(open), open);
  }
}

function noteKeys(exports) {
  const keys = exported(exports, 'rtc_jwks');
  const failed = (error) => turn.notes.push(`rtc_jwks: ${errorText(error)}`);
  try {
    Promise.resolve(typeof keys === 'function' ? keys() : keys)
      .then(addKeys)
      .catch(failed);
  } catch (error) {
    failed(error);
  }
}

// -------------------------------------------------------------------------------------------------
// The messages of the driver

// A handler (req, res) of what --server exports, or of the server that listens.
function handlerOf(exports) {
  const candidates = [
    exports && exports.default,
    exported(exports, 'app'),
    exported(exports, 'handler'),
    exported(exports, 'server'),
    exports,
    listening,
  ];
  for (const candidate of candidates) {
    if (typeof candidate === 'function') return candidate;
    if (candidate && typeof candidate.callback === 'function') return candidate.callback();
    if (
      candidate &&
      typeof candidate.listenerCount === 'function' &&
      candidate.listenerCount('request')
    )
      return (request, response) => candidate.emit('request', request, response);
  }
  throw new Error(
    `${path.basename(options.server)} exports no request handler and no app, and does not listen`,
  );
}

async function startServer() {
  listening = null;
  run.server = newWorld(null);
  run.server.exports = await evaluateFile(options.server, run.server);
  run.handler = handlerOf(run.server.exports);
  noteKeys(run.server.exports);
}

// Calls made in the user's session_race_start() reach the store at once, and are waited for.
async function callStartHook(exports) {
  const hook = exported(exports, 'session_race_start');
  if (typeof hook === 'function') await pending(begin(hook), 'session_race_start()', 'node');
}

let clientHasHook = false;

async function startRun() {
  await closeKept();
  if (options.jwks) addKeys(JSON.parse(readFileSync(options.jwks, 'utf8')));
  if (options.server) await startServer();
  if (run.server) await callStartHook(run.server.exports);
  if (clientHasHook) await callStartHook(await evaluateFile(options.client, newWorld(null)));
}

// Waits, in real time, for what takes no virtual time.
async function finish(promise, what) {
  let end = null;
  promise.then(
    (value) => {
      end = { value };
    },
    (error) => {
      end = { error };
    },
  );
  await new Promise(settle);
  if (!end)
    throw new Error(
      `${what} does not finish: it waits for a timer, or for a call, that nothing wakes yet`,
    );
  if (end.error !== undefined) throw end.error;
  return end.value;
}

async function hello({ role }) {
  newRun(0, 'hello');
  newTurn(null, '');
  const load = async () => {
    if (options.server) await startServer();
    return evaluateFile(options.client, newWorld(null));
  };
  try {
    const exports = await finish(load(), `loading ${path.basename(options.client)}`);
    clientHasHook = typeof exported(exports, 'session_race_start') === 'function';
    const asks = Object.keys(FUNCTIONS).filter(
      (ask) => typeof exported(exports, FUNCTIONS[ask]) === 'function',
    );
    const wanted = role === 'token-provider' ? 'token' : 'key';
    if (role && !asks.includes(wanted))
      throw new Error(`${options.client} exports no ${FUNCTIONS[wanted]}`);
    writeLine({
      type: 'hello',
      protocol: 1,
      name: `session-race-node ${path.basename(options.client)}`,
      asks,
      ...(hasModules && { runs: RUNS_WITH_MODULES }),
    });
  } catch (error) {
    stderr.write(`session-race-node: ${(error && error.stack) || error}\n`);
    process.exit(3);
  }
}

async function start({ run: number, seed }) {
  newRun(number, seed);
  newTurn(null, '');
  immediates = [];
  timersByNumber.clear();
  try {
    await finish(startRun(), 'the start of a run');
  } catch (error) {
    fault(`start: ${errorText(error)}`);
  }
}

function pageFor(client) {
  let page = run.pages.get(client);
  if (page) return page;
  page = newWorld(client);
  run.pages.set(client, page);
  page.exports = evaluateFile(options.client, page);
  if (page.exports instanceof Promise)
    page.exports.then((exports) => {
      page.exports = exports;
      noteKeys(exports);
    }, nothing);
  else noteKeys(page.exports);
  return page;
}

function request(message) {
  newTurn(message.id, message.client);
  run.open.set(message.id, message.client);
  try {
    const { exports } = pageFor(message.client);
    if (!(exports instanceof Promise)) askProvider(message, exports);
    else
      exports.then(
        (loaded) => askProvider(message, loaded),
        (error) => refuse(message.id, error),
      );
  } catch (error) {
    refuse(message.id, error);
  }
}

function wake({ wait }) {
  const woken = run.waits.get(wait);
  if (!woken) fault(`wake ${wait}: there is no such wait`);
  newTurn(woken.request, woken.client);
  turn.at = woken.at;
  run.waits.delete(wait);
  woken.resume();
}

// A call that has left the browser takes effect; what the page would have done after it does not
// happen.
function gone({ client }) {
  newTurn(null, '');
  const page = run.pages.get(client);
  for (const [id, owner] of run.open) if (owner === client) run.open.delete(id);
  if (!page) return;
  page.dead = true;
  run.pages.delete(client);
  if (!options.server) giveLocksOf(client);
  for (const [wait, { page: of, leg }] of run.waits)
    if (of === page && leg !== 'request') dropWait(wait);
}

function idle() {
  const line = { type: 'idle' };
  for (const member of ['answers', 'waits']) if (turn[member].length) line[member] = turn[member];
  if (run.open.size && !run.waits.size) {
    const stuck = [...run.open.keys()].filter((id) => !run.told.has(id));
    for (const id of stuck) run.told.add(id);
    if (stuck.length) line.stuck = stuck;
  }
  if (run.keys.size > run.keysTold) {
    line.jwks = { keys: [...run.keys.values()] };
    run.keysTold = run.keys.size;
  }
  if (turn.notes.length) line.notes = turn.notes.map((note) => tidy(note, 500));
  if (turn.broke) line.broke = turn.broke;
  writeLine(line);
}

const MESSAGES = { start, request, wake, gone };

// Reads one message, handles it, goes on until nothing is left, answers; and so on.
function nextTurn() {
  const text = readLine();
  if (text === null) process.exit(0);
  const message = JSON.parse(text);
  if (message.t !== undefined) clock.t = BigInt(message.t);
  if (message.now !== undefined) clock.now = BigInt(message.now);
  if (message.type === 'bye') process.exit(0);
  if (message.type === 'hello') {
    hello(message).then(() => real.setImmediate(nextTurn));
    return;
  }
  if (!Object.prototype.hasOwnProperty.call(MESSAGES, message.type))
    fault(`a message of the unknown type ${message.type}`);
  if (!run) fault(`${message.type} before hello`);
  const endTurn = () =>
    settle(() => {
      idle();
      nextTurn();
    });
  const begun = MESSAGES[message.type](message);
  if (begun) begun.then(endTurn);
  else endTurn();
}

process.on('uncaughtException', (error) =>
  fault(`uncaught exception: ${(error && error.stack) || errorText(error)}`),
);
process.on('unhandledRejection', (error) => {
  const at = errorSite(error);
  turn.notes.push(`unhandled rejection: ${errorText(error)}${at ? ` (${at})` : ''}`);
  turn.broke = 'unhandled-rejection';
});

replaceOutputs();
watchConsole();
replaceClocks();
replaceTimers();
replaceRandomNumbers();
watchResources();
replaceThreadWork();
replaceListening();
replaceLoading();
globalThis.fetch = virtualFetch;
Module.syncBuiltinESMExports();
real.setImmediate(nextTurn);
