'use strict';
// Conversations with the Node adapter, line by line: small providers are written to a scratch
// folder, and what the adapter says is compared.
const { spawnSync } = require('child_process');
const fs = require('fs');
const http = require('http');
const path = require('path');
const { Child, Race, stamp, EPOCH } = require('./race.cjs');

let context;
let folders = 0;

// A folder with these files.
function folderOf(scratch, files) {
  const folder = path.join(scratch, `case-${++folders}`);
  fs.mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), text);
  }
  return folder;
}

// A started child; the last words name files of the folder. It has said hello and begun a run.
async function begin(
  files,
  { words = ['provider.js'], seed = 's', environment, role, prefix = [context.adapter] } = {},
) {
  const folder = folderOf(context.scratch, files);
  const child = new Child(
    [
      ...prefix,
      ...words.map((word) =>
        word.replace(
          /(^|=)([\w-]+\.[a-z]+)$/,
          (_, before, name) => before + path.join(folder, name),
        ),
      ),
    ],
    environment,
  );
  child.greeting = await child.hello(role);
  child.started = child.greeting && (await child.ask({ type: 'start', run: 1, seed, ...stamp(0) }));
  child.folder = folder;
  return child;
}

let lastId = 0;
const askKey = (child, more) =>
  child.ask({
    type: 'request',
    id: ++lastId,
    ask: 'key',
    client: 'alice',
    document: 'd',
    hint: null,
    ...stamp(0),
    ...more,
  });
const wake = (child, wait, t) => child.ask({ type: 'wake', wait, ...stamp(t) });
const provider = (body) => ({
  'provider.js': `const { io, store } = require('session-race'); exports.rtc_encryption_provider = ${body};`,
});

// The key that a provider answers with, where it answers at once or after waits that are woken at
// t, one after another.
async function keyOf(files, options, t = 5000000) {
  const child = await begin(files, options);
  let told = await askKey(child);
  while (told && told.waits && !told.answers) told = await wake(child, told.waits[0].wait, t);
  await child.end();
  return told && told.answers
    ? told.answers[0].key || `error: ${told.answers[0].error}`
    : JSON.stringify(told) + child.errors;
}

async function protocol() {
  const { check } = context;
  const child = await begin(
    provider(`async ({ documentId }) => {
    const found = await io('get keys', () => 'K');
    return { key: found, keyHint: 'v1' };
  }`),
  );
  check(
    'hello tells name and asks',
    child.greeting.line ===
      '{"type":"hello","protocol":1,"name":"session-race-node provider.js","asks":["key"]}',
    child.greeting.line,
  );
  check(
    'start is answered by an idle',
    child.started.line === '{"type":"idle"}',
    child.started.line,
  );
  const leg = (wait, which) =>
    `{"type":"idle","waits":[{"wait":${wait},"for":"io","leg":"${which}","label":"get keys","request":1,"at":"provider.js:2"}]}`;
  const first = await askKey(child, { id: 1 });
  check('a call begins with a request leg', first.line === leg(1, 'request'), first.line);
  const second = await wake(child, 1, 1000000);
  check('then comes a response leg', second.line === leg(2, 'response'), second.line);
  const third = await wake(child, 2, 2000000);
  check(
    'then the answer',
    third.line ===
      '{"type":"idle","answers":[{"id":1,"key":"K","hint":"v1","at":"provider.js:2"}]}',
    third.line,
  );
  const wrong = await wake(child, 99, 2000000);
  check(
    'a wake that names no wait is a fault',
    wrong.type === 'fault' && /no such wait/.test(wrong.error),
    wrong.line,
  );
  check('a fault ends the child with status 70', (await child.end()) === 70);
  const ended = await begin(provider('async () => ({ key: "k" })'));
  check(
    'bye ends with status 0',
    (await ended.ask({ type: 'bye' })) === null && (await ended.end()) === 0,
  );
}

// Rows: what the provider returns, what the answer says.
const SHAPES = [
  ['a plain object', '() => ({ key: "k" })', /gave no promise/, 'bad-shape'],
  ['nothing', '() => {}', /gave no promise: undefined/, 'bad-shape'],
  ['a thenable without catch', '() => ({ then() {} })', /without then and catch/, 'bad-shape'],
  [
    'a promise of undefined',
    'async () => {}',
    /^Expected field 'key': the promise resolved to undefined$/,
    'bad-shape',
  ],
  [
    'an error that is logged and swallowed',
    'async () => { try { throw new Error("status 500"); } catch (error) { console.error("no key", error); } }',
    /^Expected field 'key': the promise resolved to undefined; an error was logged and not thrown on: status 500 \(provider\.js:1\)$/,
    'bad-shape',
  ],
  ['a promise of null', 'async () => null', /resolved to null/, 'bad-shape'],
  [
    'other fields',
    'async () => ({ keyId: 1, secret: "S3CRET" })',
    /the fields keyId, secret$/,
    'bad-shape',
  ],
  [
    'a key that is a number',
    'async () => ({ key: 7 })',
    /Expected field 'key': it is of type number/,
    'bad-shape',
  ],
  [
    'a hint that is null',
    'async () => ({ key: "k", keyHint: null })',
    /Expected field 'keyHint': it is null/,
    'bad-shape',
  ],
  [
    'a hint of 257 characters',
    'async () => ({ key: "k", keyHint: "h".repeat(257) })',
    /257 characters/,
    'bad-shape',
  ],
  [
    'half a surrogate pair in the key',
    'async () => ({ key: "\\ud800" })',
    /half of a surrogate pair/,
    'bad-shape',
  ],
  [
    'half a surrogate pair in the hint',
    'async () => ({ key: "k", keyHint: "\\udc00" })',
    /half of a surrogate pair/,
    'bad-shape',
  ],
  ['a rejection', 'async () => { throw new Error("no database"); }', /^no database$/, undefined],
  [
    'a rejection with a reason',
    'async () => { throw Object.assign(new Error("x"), { reason: "unavailable" }); }',
    /^x$/,
    'unavailable',
  ],
  [
    'a rejection with another reason',
    'async () => { throw Object.assign(new Error("x"), { reason: "tired" }); }',
    /^x$/,
    undefined,
  ],
  ['a rejection with nothing', 'async () => { throw undefined; }', /^undefined$/, undefined],
  ['an exception', '() => { throw new TypeError("oh"); }', /^oh$/, undefined],
];

async function shapes() {
  for (const [what, body, error, reason] of SHAPES) {
    const child = await begin(provider(body));
    const {
      answers: [answer],
    } = await askKey(child);
    context.check(
      `${what} is told`,
      error.test(answer.error) && answer.reason === reason && answer.key === undefined,
      answer,
    );
    await child.end();
  }
  const thrown = await begin(
    provider(`async () => {
    await io('x', () => {});
    throw new Error('line 3');
  }`),
  );
  const [{ wait }] = (await askKey(thrown)).waits;
  const response = (await wake(thrown, wait, 1)).waits[0].wait;
  const refusal = await wake(thrown, response, 2);
  context.check(
    'an error tells where it was thrown',
    refusal.answers[0].at === 'provider.js:3',
    refusal.line,
  );
  await thrown.end();
  const numbered = await keyOf(
    provider("async () => ({ key: 'child ' + require('session-race').child })"),
    { environment: { SESSION_RACE_CHILD: '3' } },
  );
  context.check('the number of the child is told', numbered === 'child 3', numbered);
  const good = await begin(
    provider(
      '() => { const p = Promise.resolve({ key: "\\u{1F511}\\0", keyHint: "" }); return { then: p.then.bind(p), catch: p.catch.bind(p) }; }',
    ),
  );
  const told = await askKey(good);
  context.check(
    'any object with then and catch will do; keys may hold any Unicode',
    told.answers[0].key === '\u{1F511}\0' && told.answers[0].hint === '',
    told.line,
  );
  await good.end();
  const hints = await begin(
    provider('async ({ keyHint, documentId }) => ({ key: JSON.stringify([keyHint, documentId]) })'),
  );
  const keys = [];
  for (const hint of [null, '', 'h'])
    keys.push((await askKey(hints, { hint, document: 'ü' })).answers[0].key);
  context.check(
    'null, the empty hint and another are told apart',
    keys.join() === '[null,"ü"],["","ü"],["h","ü"]',
    keys,
  );
  await hints.end();
  const long = await begin(provider('async () => ({ key: "k".repeat(70000) })'));
  context.check('a line of more than 64 KiB is not written', (await askKey(long)).type === 'fault');
  await long.end();
}

async function clocks() {
  const { check } = context;
  const now = await keyOf(
    provider(`async () => {
    await io('x', () => {});
    const [s, ns] = process.hrtime([0, 1]);
    return { key: [Date.now(), +new Date(), new Date(2020, 0).getFullYear(), Date().slice(0, 24), performance.now(), s, ns, process.hrtime.bigint(), process.uptime(),
      new Date() instanceof Date, new Date().constructor === Date, Object.prototype.toString.call(new Date()), class extends Date {}.now() ].join(' ') };
  }`),
  );
  const ms = EPOCH + 5;
  check(
    'clocks are virtual',
    now ===
      `${ms} ${ms} 2020 Thu Jun 01 2023 00:00:00 5 0 4999999 5000000 0.005 true true [object Date] ${ms}`,
    now,
  );
  const waits = await begin(
    provider(`async () => {
    setTimeout(() => {}, 25.9); setTimeout(() => {}, 0); setTimeout(() => {}, 2 ** 31).unref().ref();
    clearTimeout(setTimeout(() => {}, 9)); setInterval(() => {}, 40);
    require('timers').setTimeout(() => {}, 50); require('timers/promises').setTimeout(60); require('util').promisify(setTimeout)(70); AbortSignal.timeout(80);
    require('timers/promises').scheduler.wait(90);
    return { key: 'k' };
  }`),
  );
  const told = await askKey(waits);
  check(
    'timers are waits of their length',
    told.waits.map(({ for: kind, ns }) => `${kind} ${Number(ns) / 1e6}`).join() ===
      [25, 1, 1, 40, 50, 60, 70, 80, 90].map((n) => `timer ${n}`).join(),
    told.line,
  );
  check('a timer tells where it was set', told.waits[0].at === 'provider.js:2', told.line);
  const interval = told.waits.find(({ ns }) => ns === '40000000').wait;
  const again = await wake(waits, interval, 40000000);
  check(
    'an interval begins again when it has fired',
    again.waits.length === 1 &&
      again.waits[0].ns === '40000000' &&
      again.waits[0].wait !== interval,
    again.line,
  );
  await waits.end();
  const dropped = await begin(
    provider(
      '(() => { let t; return async () => { clearTimeout(t); t = setTimeout(() => {}, 9); return { key: "k" }; }; })()',
    ),
  );
  const [{ wait }] = (await askKey(dropped)).waits;
  const drop = await askKey(dropped);
  check(
    'a cleared timer is dropped',
    drop.waits.length === 2 && drop.waits[0].drop === wait,
    drop.line,
  );
  await dropped.end();
  const order = await keyOf(
    provider(`() => new Promise((resolve) => {
    const seen = []; const see = (what) => () => seen.push(what);
    setImmediate(see('immediate')); process.nextTick(see('tick')); Promise.resolve().then(see('promise')); queueMicrotask(see('microtask'));
    setImmediate(() => setImmediate(() => resolve({ key: seen.join() })));
  })`),
  );
  const kept = await keyOf(
    provider(`async () => {
    const { AsyncLocalStorage } = require('async_hooks'); const als = new AsyncLocalStorage(); const seen = [];
    await als.run('mine', () => new Promise((resolve) => {
      setTimeout(() => { seen.push(als.getStore()); setImmediate(() => { seen.push(als.getStore());
        require('fs').stat('/', () => { seen.push(als.getStore()); io('x', () => {}).then(() => { seen.push(als.getStore()); resolve(); }); }); }); }, 5);
    }));
    return { key: seen.join() };
  }`),
  );
  check("AsyncLocalStorage of the user's is kept", kept === 'mine,mine,mine,mine', kept);
  check(
    "ticks, promises and immediates run at once, in Node's order",
    order === 'tick,promise,microtask,immediate',
    order,
  );
}

async function randomNumbers() {
  const { check } = context;
  const files = provider(`async () => {
    const c = require('crypto'); const filled = (f) => new Promise((r) => f((e, x) => r(x)));
    const aes = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, ['encrypt']);
    const hmac = await crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, true, ['sign']);
    const raw = async (k) => Buffer.from(await crypto.subtle.exportKey('raw', k)).toString('hex');
    const uuid = crypto.randomUUID();
    if (!/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(uuid)) throw new Error(uuid);
    const die = c.randomInt(1, 7); if (!(die >= 1 && die <= 6)) throw new Error('die');
    return { key: [Math.random(), c.randomBytes(5).toString('hex'), (await filled((f) => c.randomBytes(5, f))).toString('hex'), uuid, c.randomUUID(), die,
      await filled((f) => c.randomInt(9, f)), c.randomFillSync(Buffer.alloc(4), 1, 2).toString('hex'), (await filled((f) => c.randomFill(new Uint16Array(3), 1, f))).join(),
      crypto.getRandomValues(new Uint32Array(2)).join(), c.webcrypto.getRandomValues(new Uint8Array(2)).join(), c.generateKeySync('hmac', { length: 64 }).export().toString('hex'),
      await raw(aes), await raw(hmac)].join(' ') };
  }`);
  const [one, same, other] = [
    await keyOf(files),
    await keyOf(files),
    await keyOf(files, { seed: 'other' }),
  ];
  check('random numbers follow from the seed', one === same && one.length > 200, one);
  check(
    'another seed gives others',
    one.split(' ').every((word, i) => word !== other.split(' ')[i] || word.length < 3),
    other,
  );
  const child = await begin(provider('async () => ({ key: Math.random() + "" })'));
  const alice = (await askKey(child)).answers[0].key;
  await child.ask({ type: 'start', run: 2, seed: 's', ...stamp(0) });
  await askKey(child, { client: 'bob' });
  check(
    "one browser's random numbers do not move another's",
    (await askKey(child)).answers[0].key === alice,
  );
  await child.end();
}

async function otherThreads() {
  const { check } = context;
  const order = await keyOf(
    provider(`() => new Promise((resolve) => {
    const c = require('crypto'), fs = require('fs'), zlib = require('zlib'), seen = [];
    const see = (what) => () => { seen.push(what); if (seen.length === 7) resolve({ key: seen.join() }); };
    c.scrypt('p', 's', 32, { N: 4096 }, see('slow')); c.pbkdf2('p', 's', 1, 32, 'sha256', see('quick')); fs.readFile(__filename, see('file'));
    fs.promises.stat(__filename).then(see('stat')); crypto.subtle.digest('SHA-256', Buffer.alloc(1)).then(see('digest'));
    zlib.gzip('x', see('gzip')); require('util').promisify(fs.exists)(__filename).then(see('exists'));
  })`),
  );
  check(
    'work on other threads comes back in the order in which it was begun',
    order === 'slow,quick,file,stat,digest,gzip,exists',
    order,
  );
  const twice = await begin(
    provider(`() => new Promise((resolve) => {
    require('fs').readFile(__filename, () => require('crypto').scrypt('p', 's', 8, () => io('x', () => {}).then(() => resolve({ key: 'k' }))));
  })`),
  );
  for (const request of ['first', 'second', 'third']) {
    const told = await askKey(twice);
    check(
      `one work begun by another is waited for, in the ${request} request`,
      told.waits && told.waits[0].leg === 'request' && !told.stuck,
      told.line,
    );
    await wake(twice, told.waits[0].wait, 1);
  }
  await twice.end();
  const composed = await keyOf(
    provider(`async () => {
    const fs = require('fs'), path = require('path'), { promisify } = require('util');
    const folder = await fs.promises.mkdtemp(path.join(require('os').tmpdir(), 'node-adapter-'));
    await promisify(fs.writeFile)(path.join(folder, 'a'), 'x'); await promisify(fs.appendFile)(path.join(folder, 'a'), 'yz');
    await fs.promises.cp(folder, folder + '-copy', { recursive: true }); await promisify(fs.rm)(folder, { recursive: true });
    const file = await fs.promises.open(path.join(folder + '-copy', 'a')); const { bytesRead } = await promisify(fs.read)(file.fd, Buffer.alloc(9)); await file.close();
    await fs.promises.rm(folder + '-copy', { recursive: true });
    return { key: 'read ' + bytesRead };
  }`),
  );
  check('work that is made of other such work comes back', composed === 'read 3', composed);
  const unknown = await keyOf(
    provider(`() => new Promise((resolve) => {
    require('fs').createReadStream(__filename).pipe(require('zlib').createGzip()).pipe(require('zlib').createGunzip()).on('data', () => {})
      .on('end', () => require('child_process').execFile('true', () => resolve({ key: 'done' })));
  })`),
  );
  const keyPair = await keyOf(
    provider(
      'async () => ({ key: require("crypto").generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.type + require("crypto").scryptSync("p", "s", 8).length })',
    ),
  );
  check('a synchronous call leaves nothing to wait for', keyPair === 'public8', keyPair);
  check('what no replaced function knows is waited for', unknown === 'done', unknown);
}

async function failures() {
  const { check } = context;
  const never = await begin(provider('() => new Promise(() => {})'));
  const stuck = await askKey(never, { id: 5 });
  check(
    'a promise that nothing can settle is stuck',
    stuck.line === '{"type":"idle","stuck":[5]}',
    stuck.line,
  );
  await never.end();
  const unhandled = await begin(
    provider('async () => { Promise.reject(new Error("lost")); return { key: "k" }; }'),
  );
  const told = await askKey(unhandled);
  check(
    'an unhandled rejection is told',
    told.broke === 'unhandled-rejection' &&
      told.notes[0] === 'unhandled rejection: lost (provider.js:1)',
    told.line,
  );
  check('and the process goes on', (await askKey(unhandled)).answers.length === 1);
  await unhandled.end();
  for (const body of [
    '() => new Promise(() => { setTimeout(() => { throw new Error("late"); }, 5); })',
    '() => new Promise(() => { process.nextTick(() => { throw new Error("late"); }); })',
  ]) {
    const uncaught = await begin(provider(body));
    let fault = await askKey(uncaught);
    if (fault.type !== 'fault') fault = await wake(uncaught, fault.waits[0].wait, 5000000);
    check(
      'an exception that nobody catches is a fault',
      fault.type === 'fault' && /uncaught exception: Error: late/.test(fault.error),
      fault.line,
    );
    check('and ends the process', (await uncaught.end()) === 70);
  }
  const loud = await begin(
    provider(`async () => {
    console.log('to the log'); process.stdout.write('also'); require('fs').writeSync(1, 'and this'); process.stdin.on('data', () => {});
    return { key: 'k' };
  }`),
  );
  check(
    "standard output is the protocol's alone",
    (await askKey(loud)).answers.length === 1 && loud.unread.length === 0,
  );
  await loud.end();
  check(
    'what a provider prints goes to standard error',
    /to the log\nalsoand this/.test(loud.errors),
    loud.errors,
  );
  const start = (words, files) =>
    spawnSync(context.adapter, words, {
      cwd: folderOf(context.scratch, files),
      input: '{"type":"hello","protocol":1,"role":"encryption-provider"}\n',
      encoding: 'utf8',
    });
  for (const [what, words, files, status, sentence] of [
    ['no file named', [], {}, 2, /the file with the provider is missing/],
    ['an unknown option', ['--sever', 's.js'], {}, 2, /unknown option --sever/],
    ['a file that is not there', ['p.js'], {}, 3, /ENOENT|Cannot find/],
    ['a file that cannot be parsed', ['p.js'], { 'p.js': 'const = ;' }, 3, /SyntaxError/],
    [
      'a file without the function',
      ['p.js'],
      { 'p.js': 'exports.rtc_token_provider = async () => {};' },
      3,
      /exports no rtc_encryption_provider/,
    ],
    [
      'a server without a handler',
      ['--server', 's.js', 'p.js'],
      { 's.js': '', 'p.js': '' },
      3,
      /exports no request handler/,
    ],
  ]) {
    const ended = start(words, files);
    check(
      `${what} is said at the start`,
      ended.status === status && sentence.test(ended.stderr) && ended.stdout === '',
      ended.stderr,
    );
  }
}

const MODULES = {
  'provider.mjs': `import { count } from './lib.mjs'; import once from 'once'; import { store } from 'session-race'; import { randomBytes } from 'node:crypto'; import path from 'path';
    import data from './data.cjs'; const late = await import('./late.mjs');
    export const rtc_encryption_provider = async () => ({ key: [count(), once.count(), data.count(), late.count(), import.meta.url.slice(0, 8), path.basename(import.meta.filename),
      typeof store, randomBytes(2).length].join(' ') });`,
  'lib.mjs': 'let n = 0; export const count = () => ++n;',
  'late.mjs': "export { count } from './lib.mjs';",
  'data.cjs': 'let n = 0; exports.count = () => ++n;',
  'node_modules/once/package.json': '{"name":"once","main":"index.js"}',
  'node_modules/once/index.js': 'let n = 0; exports.count = () => ++n;',
};

// For the test of leaks: an ES module that races.
function moduleFolder(scratch) {
  return folderOf(scratch, {
    'provider.mjs':
      "import { store } from 'session-race'; import { made } from './made.mjs';\n" +
      "export const rtc_encryption_provider = async ({ documentId }) => ({ key: await store().insertIfAbsent('k', documentId, made()), keyHint: '1' });",
    'made.mjs':
      "import { randomBytes } from 'crypto'; export const made = () => randomBytes(32).toString('hex');",
  });
}

async function instances() {
  const { check } = context;
  const common = {
    'provider.js': `const { count } = require('./lib'); const once = require('once'); const data = require('./data.json'); data.n++;
    exports.default = { rtc_encryption_provider: async () => ({ key: [count(), once.count(), data.n].join(' ') }) };`,
    'lib.js': 'let n = 0; exports.count = () => ++n;',
    'data.json': '{"n":0}',
    'node_modules/once/package.json': MODULES['node_modules/once/package.json'],
    'node_modules/once/index.js': MODULES['node_modules/once/index.js'],
  };
  const keys = async (files, words) => {
    const child = await begin(files, { words });
    const seen = [];
    for (const client of ['alice', 'alice', 'bob']) {
      const told = await askKey(child, { client });
      seen.push(
        told && told.answers ? told.answers[0].key || told.answers[0].error : JSON.stringify(told),
      );
    }
    await child.ask({ type: 'start', run: 2, seed: 's', ...stamp(0) });
    seen.push((await askKey(child)).answers[0].key);
    await child.end();
    return seen.join(', ');
  };
  const fresh = await keys(common, ['provider.js']);
  check(
    'CommonJS: a fresh evaluation for each browser and run, packages once',
    fresh === '1 1 1, 2 2 1, 1 3 1, 1 4 1',
    fresh,
  );
  const rest = 'file:/// provider.mjs function 2';
  const modules = await keys(MODULES, ['provider.mjs']);
  check(
    'ES modules: the same',
    modules === `1 1 1 2 ${rest}, 3 2 2 4 ${rest}, 1 3 1 2 ${rest}, 1 4 1 2 ${rest}`,
    modules,
  );
  const detected = await keyOf({
    'provider.js': 'export default { rtc_encryption_provider: async () => ({ key: "esm" }) };',
  });
  check('a .js file in the syntax of ES modules is one', detected === 'esm', detected);
  const typed = await keyOf({
    'package.json': '{"type":"module"}',
    'provider.js': 'export const rtc_encryption_provider = async () => ({ key: "typed" });',
  });
  check('"type": "module" is heard', typed === 'typed', typed);
  if (typeof require('module').stripTypeScriptTypes === 'function') {
    const types = await keyOf(
      {
        'provider.ts':
          'const key: string = "ts"; export const rtc_encryption_provider = async (): Promise<{ key: string }> => ({ key });',
      },
      { words: ['provider.ts'] },
    );
    check('TypeScript is stripped of its types', types === 'ts', types);
  } else {
    const child = await begin(
      { 'provider.ts': 'const key: string = "ts";' },
      { words: ['provider.ts'] },
    );
    check(
      'TypeScript: a sentence says what it needs',
      child.greeting === null &&
        /TypeScript needs Node 22\.13 or later/.test(child.errors) &&
        (await child.end()) === 3,
      child.errors,
    );
  }
}

async function servers() {
  const { check } = context;
  const client = {
    'client.js': `exports.rtc_encryption_provider = async ({ documentId, keyHint }) => {
    const r = await fetch('/key?d=' + documentId, { method: 'POST', headers: { 'X-A': 'b' }, body: 'hello' });
    return { key: [r.status, r.statusText, r.ok, r.headers.get('x-c'), r.headers.get('date'), r.url, await r.text()].join('|') };
  };`,
  };
  const seen = `(req, res) => { let body = ''; req.on('data', (d) => { body += d; }).on('end', () => {
    res.writeHead(201, 'Made', { 'X-C': 'd' }); res.write([req.method, req.url, req.headers['x-a'], req.headers.host, req.headers['content-length'], body].join(' ')); res.end('!'); }); }`;
  const want =
    '201|Made|true|d|Thu, 01 Jun 2023 00:00:00 GMT|http://localhost/key?d=d|POST /key?d=d b localhost 5 hello!';
  for (const [what, server] of [
    ['a handler', `module.exports = ${seen};`],
    ['a default export', `exports.default = ${seen};`],
    ['a server that is exported', `module.exports = require('http').createServer(${seen});`],
    [
      'a server that listens',
      `require('http').createServer(${seen}).listen(8080, () => console.log('up'));`,
    ],
  ]) {
    const got = await keyOf(
      { ...client, 'server.js': server },
      { words: ['--server', 'server.js', 'client.js'] },
    );
    check(`--server: ${what} answers fetch`, got === want, got);
  }
  const module = await keyOf(
    { ...client, 'server.mjs': `export default ${seen};` },
    { words: ['--server', 'server.mjs', 'client.js'] },
  );
  check('--server: an ES module answers fetch', module === want, module);
  const nobody = await keyOf(client, { words: ['client.js'] });
  check(
    'without a server fetch fails',
    nobody ===
      'error: fetch failed: POST http://localhost/key?d=d: there is no --server and no --live',
    nobody,
  );
  const hung = await begin(
    { ...client, 'server.js': 'module.exports = () => {};' },
    { words: ['--server', 'server.js', 'client.js'] },
  );
  check('a handler that never answers is stuck', (await askKey(hung)).stuck.length === 1);
  await hung.end();
  const cut = await keyOf(
    { ...client, 'server.js': 'module.exports = (req, res) => res.destroy();' },
    { words: ['--server', 'server.js', 'client.js'] },
  );
  check(
    'a handler that cuts the connection fails the fetch',
    cut === 'error: fetch failed: the server closed the connection',
    cut,
  );
  const limited = await begin(
    {
      'client.js':
        'exports.rtc_encryption_provider = () => fetch("/", { signal: AbortSignal.timeout(100) });',
      'server.js': 'module.exports = () => {};',
    },
    { words: ['--server', 'server.js', 'client.js'] },
  );
  const [{ wait, ns }] = (await askKey(limited)).waits;
  const late = await wake(limited, wait, 100000000);
  check(
    'a fetch is ended by its signal, in virtual time',
    ns === '100000000' && /timeout/.test(late.answers[0].error),
    late.line,
  );
  await limited.end();
}

async function closedBrowsers() {
  const { check } = context;
  const child = await begin(
    provider(
      'async () => { setTimeout(() => {}, 50); await io("put", () => console.log("put")); await io("never", () => {}); return { key: "k" }; }',
    ),
  );
  const {
    waits: [timer, put],
  } = await askKey(child, { id: 1 });
  const gone = await child.ask({ type: 'gone', client: 'alice', ...stamp(1) });
  check(
    'a browser that is gone loses its timers, not the call that has left it',
    JSON.stringify(gone.waits) === JSON.stringify([{ drop: timer.wait }]) && !gone.stuck,
    gone.line,
  );
  const effect = await wake(child, put.wait, 2);
  check(
    'that call takes effect, and the page does not go on',
    effect.line === '{"type":"idle"}',
    effect.line,
  );
  await child.end();
  check('(the effect was there)', /^put\n$/.test(child.errors), child.errors);
  const serverCode =
    'const { io } = require("session-race"); module.exports = async (req, res) => { await io("one", () => {}); setTimeout(async () => { await io("two", () => {}); console.log("done"); res.end(); }, 9); };';
  const client =
    'exports.rtc_encryption_provider = async () => { await fetch("/"); setTimeout(() => {}, 77); return { key: "k" }; };';
  const server = await begin(
    { 'server.js': serverCode, 'client.js': client },
    { words: ['--server', 'server.js', 'client.js'] },
  );
  let told = await askKey(server);
  await server.ask({ type: 'gone', client: 'alice', ...stamp(1) });
  let turns = 0;
  while (told.waits && ++turns < 9) told = await wake(server, told.waits[0].wait, turns);
  check(
    'a server goes on with what it has begun, the page does not',
    turns === 5 && !told.answers,
    [turns, told.line],
  );
  await server.end();
  check('(to its end)', /done/.test(server.errors), server.errors);
}

async function signers() {
  const { check } = context;
  const token = (keys) => ({
    'provider.js': `exports.rtc_token_provider = async ({ documentId }) => ({ token: 'T ' + documentId }); ${keys}`,
  });
  const child = await begin(
    token(
      'exports.rtc_jwks = async () => ({ keys: [{ kty: "EC", crv: "P-256", x: "x", y: "y", d: "PRIVATE" }] });',
    ),
    { role: 'token-provider' },
  );
  const told = await child.ask({
    type: 'request',
    id: 1,
    ask: 'token',
    client: 'alice',
    document: 'd',
    ...stamp(0),
  });
  check(
    'a token is answered',
    told.answers[0].token === 'T d' && child.greeting.asks.join() === 'token',
    told.line,
  );
  check(
    'rtc_jwks is told, without what is private',
    JSON.stringify(told.jwks) === '{"keys":[{"kty":"EC","crv":"P-256","x":"x","y":"y"}]}',
    told.line,
  );
  const again = await child.ask({
    type: 'request',
    id: 2,
    ask: 'token',
    client: 'bob',
    document: 'd',
    ...stamp(0),
  });
  check('the same keys are told once', again.jwks === undefined, again.line);
  await child.end();
  const file = await begin(
    { ...token(''), 'keys.json': '{"keys":[{"kty":"oct","k":"AAAA"}]}' },
    { words: ['--jwks', 'keys.json', 'provider.js'], role: 'token-provider' },
  );
  check(
    '--jwks is told at the start',
    JSON.stringify(file.started.jwks) === '{"keys":[{"kty":"oct","k":"AAAA"}]}',
    file.started.line,
  );
  await file.end();
}

// A database driver as packages are: real timers, callbacks and promises, a pool, connections that
// must be closed.
const FAKE_PG = `
  const { EventEmitter } = require('events');
  const rows = global.rows = global.rows || new Map();
  const later = (act) => setTimeout(act, 1 + 4 * Math.abs(Math.sin(later.n = (later.n || 0) + 1)));
  class Client extends EventEmitter {
    connect(callback) { if (callback) later(() => callback(null)); else return new Promise((resolve) => later(resolve)); }
    query(text, values, callback) {
      if (typeof values === 'function') { callback = values; values = []; }
      const act = (done) => later(() => done(null, Client.run(text, values || [])));
      if (callback) act(callback); else return new Promise((resolve, reject) => act((e, r) => (e ? reject(e) : resolve(r))));
    }
    static run(text, [document, key]) {
      if (text.startsWith('hang')) return new Promise(() => {});
      if (text.startsWith('truncate')) { rows.clear(); return { rows: [] }; }
      if (text.startsWith('insert') && !(rows.has(document) && /do nothing/.test(text))) rows.set(document, key);
      return { rows: rows.has(document) ? [{ key: rows.get(document), at: Date.now() > 1.7e12 }] : [] };
    }
    end() { return Promise.resolve(); }
  }
  class Pool extends EventEmitter {
    constructor() { super(); this.free = 1; this.queue = []; global.opened = (global.opened || 0) + 1; }
    get waitingCount() { return this.queue.length; }
    async connect() { if (!this.free) await new Promise((resolve) => this.queue.push(resolve)); else this.free--;
      const client = new Client(); await client.connect(); client.release = () => { const next = this.queue.shift(); if (next) next(); else this.free++; }; return client; }
    async query(text, values) { if (text === 'hang') await new Promise(() => {}); const client = await this.connect(); try { return await client.query(text, values); } finally { client.release(); } }
    async end() { global.closed = (global.closed || 0) + 1; }
  }
  module.exports = { Client, Pool };`;

const PG = {
  'node_modules/pg/package.json': '{"name":"pg","main":"index.js"}',
  'node_modules/pg/index.js': FAKE_PG,
};

async function databases() {
  const { check } = context;
  const racing = (insert) => ({
    ...PG,
    'provider.js': `const { Pool } = require('pg'); const pool = new Pool(); const { randomBytes } = require('crypto');
    exports.session_race_start = () => pool.query('truncate keys');
    exports.rtc_encryption_provider = async ({ documentId }) => {
      const found = await pool.query('select key from keys where document = $1', [documentId]);
      if (found.rows.length) return { key: found.rows[0].key, keyHint: '1' };
      const key = randomBytes(8).toString('hex');
      await pool.query('${insert}', [documentId, key]);
      return { key: (await pool.query('select key from keys where document = $1', [documentId])).rows[0].key, keyHint: '1' };
    };`,
  });
  const play = async (files) => {
    const child = await begin(files);
    const seen = { failed: 0, lines: [] };
    for (let seed = 1; seed <= 60; seed++) {
      const race = await new Race(child, seed).play();
      seen.failed += race.failed.size > 0;
      seen.lines.push(...race.lines);
    }
    await child.end();
    return Object.assign(seen, { text: seen.lines.join('\n'), errors: child.errors });
  };
  const [wrong, again] = [
    await play(racing('insert into keys values ($1, $2)')),
    await play(racing('insert into keys values ($1, $2)')),
  ];
  check(
    'pg: a query is a call, named by verb and table',
    /"label":"pg select keys".*"at":"provider.js:4"/.test(wrong.text) && !/\$1/.test(wrong.text),
    wrong.lines[1] + wrong.errors,
  );
  check(
    'pg: two rounds against a store with real delays say the same',
    wrong.text.length > 9999 && wrong.text === again.text,
  );
  check(
    'pg: insert without a constraint fails in some',
    wrong.failed > 0 && wrong.failed < 60,
    wrong.failed,
  );
  const right = await play(racing('insert into keys values ($1, $2) on conflict do nothing'));
  check(
    'pg: with one it passes in all; session_race_start has emptied the store',
    right.failed === 0,
    [right.failed, right.errors],
  );

  const transaction = await begin({
    ...PG,
    'provider.js': `const { Pool } = require('pg'); const pool = global.pool = global.pool || new Pool();
    exports.rtc_encryption_provider = async () => {
      const client = await pool.connect();
      await client.query('begin');
      await new Promise((resolve, reject) => client.query('select 1', (e, r) => (e ? reject(e) : resolve(r))));
      client.release();
      return { key: 'k' };
    };`,
  });
  const first = await askKey(transaction, { id: 1 });
  const second = await askKey(transaction, { id: 2, client: 'bob' });
  check(
    'pg: a connection is had at once; one that waits for another is no hang',
    first.waits.length === 1 && second.line === '{"type":"idle"}',
    [first.line, second.line],
  );
  let told = first;
  const answered = [];
  for (let turns = 0; told.waits && turns < 12; turns++) {
    told = await wake(transaction, told.waits[told.waits.length - 1].wait, turns);
    answered.push(...(told.answers || []).map(({ id }) => id));
  }
  check(
    'pg: it goes on when the other gives its connection back; callbacks are calls, too',
    answered.join() === '1,2',
    [answered, told.line],
  );
  await transaction.end();

  const hang = await begin(
    {
      ...PG,
      'provider.js':
        "const { Pool } = require('pg'); exports.rtc_encryption_provider = () => new Pool().query('hang');",
    },
    { words: ['--patience', '0.2', 'provider.js'] },
  );
  const blocked = await wake(hang, (await askKey(hang)).waits[0].wait, 1);
  check(
    'a call that does not come back is blocked',
    blocked.type === 'fault' &&
      blocked.kind === 'blocked' &&
      /^pg hang has not come back within 0\.2 s/.test(blocked.error),
    blocked.line,
  );
  await hang.end();

  const closing = await begin({
    ...PG,
    'provider.js':
      "const { Pool } = require('pg'); const pool = new Pool(); exports.rtc_encryption_provider = async () => ({ key: (global.opened || 0) + ' ' + (global.closed || 0) });",
  });
  for (let run = 2; run < 5; run++) {
    await askKey(closing);
    await closing.ask({ type: 'start', run, seed: 's', ...stamp(0) });
  }
  const counts = (await askKey(closing)).answers[0].key;
  check('pools are closed at start', counts === '5 4', counts);
  await closing.end();

  const mapping = await begin(
    {
      'fake.js': FAKE_PG.replace(/global\./g, 'module.').replace(
        /rows = module.rows = .*$/m,
        'rows = new Map();',
      ),
      'provider.js':
        "const { Pool } = require('pg'); const pool = new Pool(); exports.rtc_encryption_provider = async () => { await pool.query('insert', ['d', '' + Math.random()]); return (await pool.query('select', ['d'])).rows[0]; };",
    },
    { words: ['--map', 'pg=fake.js', 'provider.js'] },
  );
  const legs = await askKey(mapping);
  check(
    '--map: the file takes the place of the package, its queries are calls',
    legs.waits && legs.waits[0].label === 'pg insert',
    legs.line || mapping.errors,
  );
  await mapping.end();
}

// Minimal shapes of the other packages: what they export, and that a call of each is a call here.
const OTHERS = [
  [
    'mysql2/promise',
    {
      'node_modules/mysql2/promise.js':
        'class PromisePool { async execute() { return [[{ key: "k" }]]; } } exports.PromisePool = PromisePool; exports.createPool = () => new PromisePool();',
    },
    "const [[row]] = await require('mysql2/promise').createPool().execute('SELECT `key` FROM `keys`', []); return row;",
    'mysql select keys',
  ],
  [
    'ioredis',
    {
      'node_modules/ioredis/index.js': `class Redis { constructor() { this.sendCommand({ name: 'info' }); } sendCommand(command) { return Promise.resolve('k'); } get(key) { return this.sendCommand({ name: 'get', args: [key] }); } }
    module.exports = Redis; Redis.default = Redis; Redis.Redis = Redis;`,
    },
    "return { key: await new (require('ioredis'))().get('x') };",
    'redis get',
  ],
  [
    'redis',
    {
      'node_modules/redis/index.js':
        "class Client { #value = 'k'; async get() { return this.#value; } async connect() { return this; } on() { return this; } } Object.defineProperty(exports, 'createClient', { enumerable: true, get: () => () => new Client() });",
    },
    "const client = require('redis').createClient(); client.on('error', () => {}); await client.connect(); return { key: await client.get('x') };",
    'redis get',
  ],
  [
    'mongodb',
    {
      'node_modules/mongodb/index.js':
        'class Collection { async findOne() { return { key: "k" }; } } class MongoClient { async connect() { return this; } collection() { return new Collection(); } } Object.assign(exports, { Collection, MongoClient });',
    },
    "const c = new (require('mongodb').MongoClient)(); await c.connect(); return c.collection().findOne({});",
    'mongo findOne',
  ],
  [
    '@prisma/client',
    {
      'node_modules/@prisma/client/index.js': `class PrismaClient { $extends({ query }) { return { key: { findFirst: (args) => query.$allOperations({ model: 'Key', operation: 'findFirst', args, query: async () => ({ key: 'k' }) }) } }; } }
    exports.PrismaClient = PrismaClient;`,
    },
    "return new (require('@prisma/client').PrismaClient)().key.findFirst({});",
    'prisma Key.findFirst',
  ],
];

async function otherDatabases() {
  for (const [name, files, body, label] of OTHERS) {
    const child = await begin({
      ...files,
      'provider.js': `exports.rtc_encryption_provider = async () => { ${body} };`,
    });
    let told = await askKey(child);
    const first = told && told.waits && told.waits[0];
    for (let turns = 0; told && told.waits && turns < 4; turns++)
      told = await wake(child, told.waits[0].wait, turns);
    await child.end();
    context.check(
      `${name}: a call is a call here`,
      first && first.label === label && told.answers && told.answers[0].key === 'k',
      [first, told && told.line, child.errors],
    );
  }
}

async function live() {
  const { check } = context;
  let keys = 0;
  const server = http
    .createServer((request, response) =>
      setTimeout(() => response.end(request.url === '/key' ? `k${++keys}` : '?'), 3),
    )
    .listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const origin = `http://127.0.0.1:${server.address().port}`;
  const files = {
    'provider.js': `exports.rtc_encryption_provider = async () => ({ key: await (await fetch('${origin}/key')).text() });`,
  };
  const child = await begin(files, { words: ['--live', 'provider.js'] });
  const first = await askKey(child);
  check('--live: a fetch is a call', first.waits[0].label === 'GET /key' && keys === 0, first.line);
  const second = await wake(child, 1, 1);
  check(
    '--live: it goes out in the turn of its request leg',
    keys === 1 && second.waits[0].leg === 'response',
    second.line,
  );
  check('--live: and comes back', (await wake(child, 2, 2)).answers[0].key === 'k1');
  await child.end();
  const other = await keyOf(files, { words: ['--live', 'http://127.0.0.1:1', 'provider.js'] });
  check(
    '--live ORIGIN: no other is reached',
    other ===
      `error: fetch failed: GET ${origin}/key: ${origin} is not among the origins of --live` &&
      keys === 1,
    other,
  );
  const past = await begin(
    provider(`() => new Promise((resolve) => {
    require('http').get('${origin}/key', (r) => r.on('data', (d) => resolve({ key: String(d) })));
  })`),
  );
  const got = await askKey(past);
  check(
    'a request past fetch is waited for, and a note says so',
    got.answers[0].key === 'k2' &&
      /^http.get to 127.0.0.1 is no call of its own/.test(got.notes[0]),
    got.line,
  );
  await past.end();
  const named = await keyOf(files, {
    words: ['--live', 'http://127.0.0.1:1', '--live', origin, 'provider.js'],
  });
  check('--live ORIGIN may be said more than once', named === 'k3', named);
  server.close();
}

// Older Node: its version is pretended. That no syntax trips it is seen by what Node 10 does not
// know.
async function olderNode() {
  const file = path.join(path.dirname(context.adapter), 'node-provider.cjs');
  const folder = folderOf(context.scratch, {
    'old.js':
      "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.4' } });",
  });
  const old = spawnSync(
    process.execPath,
    ['--require', path.join(folder, 'old.js'), file, 'x.js'],
    { encoding: 'utf8' },
  );
  context.check(
    'an older Node is told by one sentence, status 3',
    old.status === 3 &&
      old.stderr === 'session-race-node: Node 20 or later is needed, this is Node 18.20.4\n',
    old.stderr,
  );
  const code = fs
    .readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => !/^\s*\/\//.test(line))
    .join('\n');
  context.check(
    'the file has no syntax newer than Node 10',
    !/\?\.[a-z[(]|\?\?|\b\d+n\b|^\s+(static )?#|catch \{|&&=|\|\|=|\d_\d/m.test(code),
  );
}

// The two places where the launcher finds the adapter: the tests use the source tree, this is what
// `meson install` lays out.
async function installedCopy() {
  const source = path.dirname(context.adapter);
  const folder = folderOf(context.scratch, {
    'bin/x': '',
    'share/session-race/x': '',
    'links/x': '',
  });
  fs.copyFileSync(context.adapter, path.join(folder, 'bin/session-race-node'));
  fs.copyFileSync(
    path.join(source, 'node-provider.cjs'),
    path.join(folder, 'share/session-race/node-provider.cjs'),
  );
  fs.symlinkSync('../bin/session-race-node', path.join(folder, 'links/session-race-node'));
  for (const place of ['bin', 'links']) {
    const key = await keyOf(
      {
        'provider.mjs':
          'export const rtc_encryption_provider = async () => ({ key: "installed" });',
      },
      { words: ['provider.mjs'], prefix: [path.join(folder, place, 'session-race-node')] },
    );
    context.check(`an installed copy works, called in ${place}`, key === 'installed', key);
  }
  const nowhere = spawnSync('/bin/sh', [context.adapter, 'x.js'], {
    encoding: 'utf8',
    env: { PATH: folderOf(context.scratch, {}) },
  });
  context.check(
    'without node a sentence says so, status 3',
    nowhere.status === 3 && /no node in PATH/.test(nowhere.stderr),
    nowhere.stderr,
  );
}

async function builtInDatabase() {
  if (!require('module').isBuiltin('node:sqlite')) {
    context.skip('node:sqlite, which this Node has not');
    return;
  }
  const key = await keyOf(
    provider(`async () => {
    const { DatabaseSync } = require('node:sqlite'); const db = new DatabaseSync(':memory:');
    db.exec("create table keys (key text); insert into keys values ('k')");
    return { key: db.prepare('select key from keys').get().key + (db instanceof DatabaseSync) };
  }`),
  );
  context.check('node:sqlite answers at once', key === 'ktrue', key);
}

async function run(given) {
  context = given;
  for (const part of [
    protocol,
    shapes,
    clocks,
    randomNumbers,
    otherThreads,
    failures,
    instances,
    servers,
    closedBrowsers,
    signers,
    databases,
    otherDatabases,
    builtInDatabase,
    live,
    olderNode,
    installedCopy,
  ]) {
    try {
      await part();
    } catch (error) {
      context.check(`${part.name} runs to its end`, false, error.stack);
    }
  }
}

module.exports = { run, moduleFolder };
