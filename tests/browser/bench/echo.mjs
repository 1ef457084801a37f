// Chromium's side of `cargo xtask bench terminal`: how long it takes from a key to its letter on the screen of a terminal in the page.
// Prints a line of JSON for each measurement: what was going on, which part of the way, milliseconds.
//
//     BERTH=target/release/berth node bench/echo.mjs [KEYS]
//
// The shell is bash with its line editor, in the process sandbox; server, environment, browser and this program are on one machine. Parts:
//
//   whole     from the key's event (its time stamp, which the browser sets before the page knows of it) to the end of the frame in which
//             the letter is in the page
//   arrived   of that: to the echo's arrival in the page
//   sent      of that: to the letter's way into the socket: the page's own work on the key
//   answered  from there to the echo's arrival in the page: browser, server, supervisor, pseudo-terminal, shell, and back
//   shown     from there to the end of that frame: the page's work on the echo, and the wait for the next frame (60 a second)
//   server    without a page: a socket of this program, which sends a letter as soon as the one before has come back
import { randomBytes, randomUUID } from 'node:crypto';
import { connect } from 'node:net';

import { Browser, Server, logIn, until } from '../harness.mjs';

const keys = Number(process.argv[2] ?? 2000);
/** Letters on one line; then the line is cleared. */
const LINE = 50;
const LETTERS = 'etaoinshrdlu';

// What the shells beside it do. Lines as a build writes them, and as many as there can be.
const BESIDE = [
  ['idle', null],
  ['busy', 'while :; do seq -f "compiling part %.0f of what is built here, with a line as long as such lines are" 1 200; sleep 0.1; done'],
  ['flood', 'yes "as many lines as there can be, each as long as lines are in the output of programs"'],
];

const server = await Server.start();
const browser = await Browser.start();
const rest = (ms) => new Promise((done) => setTimeout(done, ms));

/** The same sequence in each run. */
function* sequence(seed) {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state / 2 ** 32;
  }
}

function report(beside, pace, part, times) {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  console.log(JSON.stringify({ beside, pace, part, count: sorted.length, p50_ms: at(0.5), p99_ms: at(0.99), most_ms: sorted.at(-1) }));
}

/** Notes when each key went down, was sent, was answered and was seen; to be run in the page before all else. */
function watch() {
  window.echo = { keys: [], line: [], sent: [] };
  const { echo } = window;
  const isTerminal = (socket) => socket.url.includes('/api/v1/terminals/');
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    if (isTerminal(this) && typeof data !== 'string') {
      const key = echo.line.find((key) => key.sent === undefined);
      if (key) {
        key.sent = performance.now();
        echo.socket = this;
      }
    }
    return send.call(this, data);
  };
  window.WebSocket = class extends WebSocket {
    constructor(...args) {
      super(...args);
      if (!isTerminal(this)) return;
      // Before the page's own handler.
      this.addEventListener('message', ({ data }) => {
        if (this !== echo.socket || typeof data === 'string') return;
        // Each letter comes back as one byte, alone or with others.
        let letters = data.byteLength;
        for (const key of echo.line) {
          if (letters > 0 && key.sent !== undefined && key.answered === undefined) {
            key.answered = performance.now();
            letters -= 1;
          }
        }
      });
    }
  };
  window.addEventListener(
    'keydown',
    (event) => {
      if (event.key.length === 1 && !event.ctrlKey) echo.line.push({ letter: event.key, down: event.timeStamp });
    },
    { capture: true },
  );
  const seen = () => {
    const rows = [...document.querySelectorAll('.xterm-rows')].find((rows) => rows.offsetParent);
    const text = rows?.querySelector('.xterm-cursor')?.parentElement.textContent.replaceAll('\u00a0', ' ') ?? '';
    if (!text.startsWith('> ')) return;
    const fresh = [];
    for (const [at, key] of echo.line.entries()) {
      if (text[at + 2] !== key.letter) break;
      if (key.seen === undefined && !key.waits) {
        key.waits = true;
        fresh.push(key);
      }
    }
    if (!fresh.length) return;
    // A message is handled after the frame that is being made.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      const now = performance.now();
      for (const key of fresh) key.seen = now;
    };
    port2.postMessage(null);
  };
  echo.begin = () => {
    new MutationObserver(seen).observe(document.querySelector('.terms'), { subtree: true, childList: true, characterData: true });
  };
  /** Takes what was measured on this line, once all of it is seen. */
  echo.take = () => {
    if (!echo.line.every((key) => key.seen !== undefined)) return null;
    return echo.line.splice(0).map(({ down, sent, answered, seen }) => ({ down, sent, answered, seen }));
  };
}

const prompt = (page) =>
  page.evaluate(() => {
    const rows = [...document.querySelectorAll('.xterm-rows')].find((rows) => rows.offsetParent);
    return rows?.querySelector('.xterm-cursor')?.parentElement.textContent.replaceAll('\u00a0', ' ').trim();
  });

/** Types letters, and gives what was measured of each. `gap` gives the milliseconds between two. */
async function type(page, count, gap) {
  const random = sequence(7);
  const all = [];
  while (all.length < count) {
    for (let at = 0; at < LINE; at += 1) {
      await page.keyboard.press(LETTERS[Math.floor(random.next().value * LETTERS.length)]);
      const ms = gap(random.next().value);
      if (ms) await rest(ms);
    }
    all.push(...(await until(() => page.evaluate(() => window.echo.take()), 'all letters are seen')));
    await page.keyboard.press('Control+u');
    await until(async () => (await prompt(page)) === '>', 'the line is empty');
  }
  return all;
}

function reportKeys(beside, pace, all) {
  report(beside, pace, 'whole', all.map(({ down, seen }) => seen - down));
  report(beside, pace, 'arrived', all.map(({ down, answered }) => answered - down));
  report(beside, pace, 'sent', all.map(({ down, sent }) => sent - down));
  report(beside, pace, 'answered', all.map(({ sent, answered }) => answered - sent));
  report(beside, pace, 'shown', all.map(({ answered, seen }) => seen - answered));
}

/** A terminal by a bare socket: what it is sent comes back. */
class Wire {
  static async open(page, name) {
    const cookies = await page.context().cookies();
    const { hostname, port, host } = new URL(server.address);
    const socket = connect(Number(port), hostname);
    socket.setNoDelay(true);
    const wire = new Wire(socket);
    socket.write(
      `GET /api/v1/terminals/${name}/${randomUUID()}?cols=100&rows=30 HTTP/1.1\r\nhost: ${host}\r\norigin: ${server.address}\r\n` +
        `cookie: ${cookies.map(({ name, value }) => `${name}=${value}`).join('; ')}\r\nconnection: upgrade\r\nupgrade: websocket\r\n` +
        `sec-websocket-version: 13\r\nsec-websocket-key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
    );
    await until(() => wire.heard.includes('attached'), 'it is attached');
    return wire;
  }

  constructor(socket) {
    this.socket = socket;
    this.heard = '';
    this.onData = () => {};
    socket.on('data', (bytes) => {
      this.onData(bytes);
      this.heard = (this.heard + bytes.toString('latin1')).slice(-4096);
    });
  }

  send(text) {
    const payload = Buffer.from(text);
    // A mask of zeros leaves it as it is.
    this.socket.write(Buffer.concat([Buffer.from([0x82, 0x80 | payload.length, 0, 0, 0, 0]), payload]));
  }

  async times(count) {
    const all = [];
    this.send("PS1='> '\r");
    await until(() => this.heard.endsWith('> ') || /> \S{0,12}$/.test(this.heard), 'the prompt');
    await rest(300);
    while (all.length < count) {
      for (let at = 0; at < LINE; at += 1) {
        const begin = performance.now();
        await new Promise((done) => {
          this.onData = done;
          this.send('e');
        });
        all.push(performance.now() - begin);
      }
      this.onData = () => {};
      this.send('\u0015');
      await rest(50);
    }
    return all;
  }

  close() {
    this.socket.destroy();
  }
}

async function press(page, text) {
  await page.keyboard.type(`${text}\n`);
}

let page;
let name;
try {
  page = await browser.newPage();
  await page.addInitScript(watch);
  await logIn(page, server.loginLink);
  name = await page.evaluate(async () => {
    const answer = await fetch('/api/v1/runs', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ configuration: 'type: dev-environment\nide: vscode\n' }),
    });
    return (await answer.json()).name;
  });
  await page.goto(`${server.address}/runs/${name}`);
  await page.getByRole('main').locator('[data-status="running"]').first().waitFor();
  await page.getByRole('tab', { name: /^Terminal/ }).click();
  await until(async () => /[#$]$/.test((await prompt(page)) ?? ''), 'the shell asks for a command');
  await press(page, "PS1='> '");
  await until(async () => (await prompt(page)) === '>', 'the prompt is short');
  await page.evaluate(() => {
    window.echo.line.length = 0;
    window.echo.begin();
  });
  const wire = await Wire.open(page, name);
  await rest(1000);
  report('idle', 'one by one', 'server', await wire.times(keys));
  wire.close();
  for (const [beside, command] of BESIDE) {
    if (command) {
      await page.getByRole('button', { name: 'New terminal' }).click();
      await until(async () => /[#$]$/.test((await prompt(page)) ?? ''), 'the other shell asks for a command');
      await press(page, command);
      await rest(1000);
      await page.getByRole('button', { name: 'Shell 1' }).click();
      await until(async () => (await prompt(page)) === '>', 'the first shell is back');
      await page.evaluate(() => (window.echo.line.length = 0));
    }
    await type(page, LINE, () => 50);
    reportKeys(beside, 'typist', await type(page, keys, (share) => 60 + 80 * share));
    reportKeys(beside, 'burst', await type(page, keys, () => 0));
    if (command) {
      await page.getByRole('button', { name: 'Shell 2' }).click();
      await page.keyboard.press('Control+c');
      await until(async () => /[#$]$/.test((await prompt(page)) ?? ''), 'the other shell has stopped');
      await press(page, 'exit');
      await page.getByRole('button', { name: 'Close', exact: true }).click();
      await page.getByRole('button', { name: 'Shell 1' }).waitFor();
      await until(async () => (await prompt(page)) === '>', 'the first shell is back');
      await page.evaluate(() => (window.echo.line.length = 0));
    }
  }
} finally {
  if (name) {
    await page.evaluate((name) => fetch(`/api/v1/runs/${name}/stop`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"abort":true}' }), name).catch(() => {});
    await rest(2000);
  }
  await browser.stop();
  await server.stop();
}
