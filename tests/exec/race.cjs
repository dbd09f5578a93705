'use strict';
// A stand-in for the driver of provider.md, for the tests of the Node adapter: starts a child,
// speaks its lines, and plays the handshake of the session race with it. The times are drawn from a
// seed; they are not those that session-race draws.
const { spawn } = require('child_process');
const { createHash } = require('crypto');
const { readFileSync } = require('fs');

const EPOCH = 1685577600000; // 2023-06-01
const MS = 1000000;

// A child and its lines: ask() writes one and gives the one that answers it.
class Child {
  constructor(argv, environment) {
    const env = Object.assign(
      {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        TZ: 'UTC',
        LANG: 'C.UTF-8',
        SESSION_RACE: '1',
      },
      environment,
    );
    this.process = spawn(argv[0], argv.slice(1), { env });
    this.turns = 0;
    this.text = '';
    this.errors = '';
    this.unread = [];
    this.waiting = [];
    this.ended = new Promise((resolve) => this.process.on('close', (status) => resolve(status)));
    this.process.stdin.on('error', () => {});
    this.process.stderr.setEncoding('utf8').on('data', (text) => {
      this.errors = (this.errors + text).slice(-4096);
    });
    this.process.stdout.setEncoding('utf8').on('data', (text) => this.read(text));
    this.process.stdout.on('end', () => {
      for (const waiter of this.waiting.splice(0)) waiter(null);
      this.over = true;
    });
  }

  read(text) {
    const lines = (this.text + text).split('\n');
    this.text = lines.pop();
    for (const line of lines) {
      if (this.waiting.length) this.waiting.shift()(line);
      else this.unread.push(line); // Unasked: a broken rule, which the tests look for.
    }
  }

  // The answer as an object, its line in `line`; null when the child has ended.
  async ask(message) {
    this.turns++;
    if (this.over) return null;
    const line = await new Promise((resolve) => {
      this.waiting.push(resolve);
      this.process.stdin.write(`${JSON.stringify(message)}\n`);
    });
    return line === null ? null : Object.defineProperty(JSON.parse(line), 'line', { value: line });
  }

  hello(role) {
    return this.ask({ type: 'hello', protocol: 1, role: role || 'encryption-provider' });
  }

  end() {
    this.process.stdin.end();
    return this.ended;
  }

  // As the kernel counts them: milliseconds of CPU so far, and bytes of memory, all that are resident
  // and those that no file backs.
  measure() {
    const read = (name) => readFileSync(`/proc/${this.process.pid}/${name}`, 'latin1');
    const fields = read('stat').split(') ')[1].split(' ');
    const status = read('status');
    const bytes = (name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)[1]) * 1024;
    return {
      cpuMs: (Number(fields[11]) + Number(fields[12])) * 10,
      resident: bytes('VmRSS'),
      anonymous: bytes('RssAnon'),
    };
  }
}

// In [0, 1), by seed and name: one draw more moves no other.
function draw(seed, name) {
  return createHash('sha256').update(`${seed}/${name}`).digest().readUInt32LE(0) / 2 ** 32;
}

function between(seed, name, low, high) {
  return Math.floor((low + draw(seed, name) * (high - low)) * MS);
}

function stamp(t) {
  return { t: String(t), now: `${BigInt(EPOCH) * 1000000n + BigInt(t)}` };
}

// One run: the state of the server and of the editors, and what is still to happen.
class Race {
  // `measure`: see memory.cjs.
  constructor(
    child,
    seed,
    { clients = ['alice', 'bob'], page = (name) => name, measure = false } = {},
  ) {
    Object.assign(this, {
      child,
      seed,
      page,
      measure,
      t: 0,
      order: 0,
      queue: [],
      failed: new Set(),
      lines: [],
      legs: 0,
      messages: 0,
      lastId: 0,
    });
    this.waits = new Map();
    this.open = new Map();
    this.keys = new Map(); // hint → key
    this.server = { owner: null, hint: null, key: null, established: false };
    this.clients = clients.map((name) => ({ name, state: 'new', refusals: 0 }));
  }

  after(ns, act) {
    this.queue.push({ t: this.t + ns, order: this.order++, act });
  }

  // A message takes 10 to 30 ms; those of one client do not overtake each other.
  send(client, act) {
    const arrival = Math.max(
      this.t + between(this.seed, `link/${client.name}/${this.messages++}`, 10, 30),
      client.last || 0,
    );
    client.last = arrival;
    this.after(arrival - this.t, act);
  }

  async play() {
    const start = { type: 'start', run: this.seed, seed: String(this.seed), ...stamp(0) };
    if (this.measure) start.measure = true;
    await this.took(await this.child.ask(start));
    this.clients.forEach((client, i) =>
      this.after(i ? between(this.seed, `start/${client.name}`, 0, 5) : 0, () =>
        this.begin(client),
      ),
    );
    for (let steps = 0; this.queue.length && steps < 1000; steps++) {
      this.queue.sort((a, b) => a.t - b.t || a.order - b.order);
      const event = this.queue.shift();
      this.t = event.t;
      await event.act();
    }
    if (this.clients.some(({ state }) => state !== 'collaborates'))
      this.failed.add('all-collaborate');
    return this;
  }

  begin(client) {
    client.state = 'asks';
    this.send(client, () => {
      if (this.server.established) this.send(client, () => this.lookUp(client, this.server.hint));
      else this.send(client, () => this.makeKey(client));
    });
  }

  makeKey(client) {
    if (client.state !== 'asks') return;
    this.askKey(client, null, (answer) => {
      if (client.state !== 'asks') return;
      if (!answer) {
        this.again(client, () => this.makeKey(client));
        return;
      }
      this.after(
        25 * MS,
        () => client.state === 'asks' && this.send(client, () => this.create(client, answer)),
      );
    });
  }

  create(client, { hint, key }) {
    if (this.server.owner) return; // Rejected: it waits.
    Object.assign(this.server, { owner: client, hint, key });
    this.send(client, () =>
      this.send(client, () => {
        this.server.established = true;
        for (const each of this.clients)
          this.send(each, () =>
            each === client ? this.collaborate(each) : this.lookUp(each, hint),
          );
      }),
    );
  }

  lookUp(client, hint) {
    if (client.state !== 'asks') return;
    client.state = 'looks up';
    this.askLookUp(client, hint);
  }

  askLookUp(client, hint) {
    this.askKey(client, hint, (answer) => {
      if (!answer) {
        this.again(client, () => this.askLookUp(client, hint));
        return;
      }
      if (answer.key === this.server.key) this.after(25 * MS, () => this.collaborate(client));
      else this.failed.add('same-key');
    });
  }

  again(client, act) {
    if (client.final) return;
    if (client.refusals++ < 5) this.after(200 * MS * 2 ** client.refusals, act);
    else if (client.state === 'looks up') this.failed.add('key-found');
  }

  collaborate(client) {
    client.state = 'collaborates';
  }

  askKey(client, hint, then) {
    this.send(client, async () => {
      const id = ++this.lastId;
      this.open.set(id, { client, hint, then });
      const page = this.page(client.name);
      await this.took(
        await this.child.ask({
          type: 'request',
          id,
          ask: 'key',
          client: page,
          document: 'doc',
          hint,
          ...stamp(this.t),
        }),
      );
    });
  }

  async took(answer) {
    if (!answer || answer.type !== 'idle') {
      this.failed.add('provider-answers');
      return;
    }
    this.lines.push(answer.line);
    if (answer.stuck || answer.broke) this.failed.add('provider-answers');
    for (const wait of answer.waits || []) this.wait(wait);
    for (const each of answer.answers || []) this.answered(each);
  }

  wait({ wait, drop, for: kind, ns }) {
    if (drop) {
      this.waits.delete(drop);
      return;
    }
    this.waits.set(wait, true);
    this.after(
      kind === 'timer' ? Number(ns) : between(this.seed, `io/${this.legs++}`, 1, 5),
      async () => {
        if (!this.waits.delete(wait)) return;
        await this.took(await this.child.ask({ type: 'wake', wait, ...stamp(this.t) }));
      },
    );
  }

  answered({ id, key, hint, error, reason }) {
    const request = this.open.get(id);
    if (!request) {
      this.failed.add('provider-answers');
      return;
    }
    this.open.delete(id);
    if (error !== undefined) this.refused(request, reason);
    else this.given(request, key, request.hint === null ? hint || '' : request.hint);
  }

  refused({ client, hint, then }, reason) {
    if (reason === 'bad-shape') {
      this.failed.add('provider-answers');
      client.final = true;
    }
    if (hint !== null && hint === this.server.hint && reason === 'unknown-hint')
      this.failed.add('key-kept');
    this.send(client, () => then(null));
  }

  given({ client, then }, key, hint) {
    if (this.keys.has(hint) && this.keys.get(hint) !== key) this.failed.add('hint-stable');
    this.keys.set(hint, this.keys.get(hint) || key);
    this.send(client, () => then({ key, hint }));
  }
}

module.exports = { Child, Race, stamp, EPOCH };
