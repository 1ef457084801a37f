import assert from 'node:assert/strict';
import { test } from 'node:test';
import { examine, examineAll, logIn, until, withServer } from '../harness.mjs';
import { webapp } from '../webapp.mjs';

/** Launches an environment with these ports, and opens a terminal of it whose prompt is `$ `. */
async function launched(page, server, ports = []) {
  await logIn(page, server.loginLink);
  const name = await page.evaluate(async (ports) => {
    const listed = ports.length ? `ports:\n${ports.map((port) => `  - "*:${port}"\n`).join('')}` : '';
    const answer = await fetch('/api/v1/runs', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ configuration: `type: dev-environment\nide: vscode\n${listed}` }),
    });
    if (!answer.ok) throw new Error(await answer.text());
    return (await answer.json()).name;
  }, ports);
  await page.goto(`${server.address}/runs/${name}`);
  await page.getByRole('main').locator('[data-status="running"]').first().waitFor();
  await opened(page);
  return name;
}

/** Shows the terminals, and waits for the prompt of the one that is seen. */
async function opened(page) {
  await page.getByRole('tab', { name: /^Terminal/ }).click();
  await until(async () => /[#$]$/.test((await shown(page)).trim()), 'the shell asks for a command');
}

/** What the terminal that is seen shows, a line a row. */
async function shown(page) {
  return page.evaluate(() => {
    const screen = [...document.querySelectorAll('.xterm-rows')].find((rows) => rows.offsetParent);
    return screen ? [...screen.children].map((row) => row.textContent.replaceAll('\u00a0', ' ').trimEnd()).join('\n') : '';
  });
}

async function shows(page, pattern, what = `it shows ${pattern}`) {
  await until(async () => pattern.test(await shown(page)), what);
}

const keys = (page, number = 1) => page.getByRole('textbox', { name: new RegExp(`^Terminal ${number} of `) });

/** Types a command, without its letters showing anywhere but on its own line. */
async function command(page, text) {
  await page.keyboard.type(`${text}\n`);
}

/** The middle of where a text is on the screen, once it is there on one row. */
async function place(page, text) {
  const find = (text) => {
    for (const rows of document.querySelectorAll('.xterm-rows')) {
      if (!rows.offsetParent) continue;
      const row = [...rows.children].findLast((row) => row.textContent.includes(text));
      if (!row) continue;
      const walker = document.createTreeWalker(row, NodeFilter.SHOW_TEXT);
      let before = row.textContent.indexOf(text) + Math.floor(text.length / 2);
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        if (before < node.length) {
          const range = document.createRange();
          range.setStart(node, before);
          range.setEnd(node, before + 1);
          const { x, y, width, height } = range.getBoundingClientRect();
          return { x: x + width / 2, y: y + height / 2 };
        }
        before -= node.length;
      }
    }
    return null;
  };
  return until(() => page.evaluate(find, text), `${text} is on the screen`);
}

async function hover(page, text) {
  const { x, y } = await place(page, text);
  await page.mouse.move(x - 30, y);
  await page.mouse.move(x, y, { steps: 4 });
}

const clipboard = (page) => page.evaluate(() => navigator.clipboard.readText());
const allowed = { permissions: ['clipboard-read', 'clipboard-write'] };

test(
  'what is selected in a terminal is copied, what is pasted arrives as it is, and programs do not touch the clipboard',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage(allowed);
    await launched(page, server);
    await command(page, 'echo copy-$((40+2))-me');
    await shows(page, /^copy-42-me$/m);
    const { x, y } = await place(page, 'copy-42-me');
    await page.mouse.dblclick(x, y);
    await page.keyboard.press('Control+Shift+C');
    await until(async () => /42/.test(await clipboard(page)), 'the word is on the clipboard');
    assert.equal(await clipboard(page), 'copy-42-me');

    // A press of the right button leaves the browser's own menu something to copy.
    await page.mouse.click(x, y, { button: 'right' });
    const marked = () => page.evaluate(() => {
      const { value, selectionStart, selectionEnd } = document.activeElement;
      return value?.slice(selectionStart, selectionEnd);
    });
    await until(async () => (await marked()) === 'copy-42-me', 'the menu would copy it');

    // Control+C is an interrupt even now.
    await command(page, 'sleep 1000');
    await page.mouse.dblclick(x, y);
    await page.keyboard.press('Control+C');
    await shows(page, /\^C\n.*[#$]$/m, 'the program is interrupted');

    // Several lines: the shell shows them and waits, since it was told that they are pasted. Nothing in them ends that early.
    await page.evaluate(() => navigator.clipboard.writeText('echo one-$((1+1))\necho two-$((1+1))\u001b[201~\necho three-$((1+1))'));
    await page.keyboard.press('Control+Shift+V');
    await shows(page, /echo three-\$\(\(1\+1\)\)$/m);
    assert.doesNotMatch(await shown(page), /^(one|two|three)-2/m);
    await page.keyboard.press('Enter');
    await shows(page, /^three-2$/m);
    assert.match(await shown(page), /^one-2$/m);

    // A program that does not know of pasting would take each line at once: that is asked first.
    await command(page, 'clear; cat');
    await shows(page, /^$/m);
    await page.evaluate(() => navigator.clipboard.writeText('first line\nsecond line\n'));
    await until(async () => !(await shown(page)).includes('clear'), 'the screen is empty');
    await page.keyboard.press('Control+Shift+V');
    const question = page.getByRole('alertdialog', { name: 'Paste' });
    await question.getByText('Paste 2 lines?').waitFor();
    await examineAll(page, 'terminal-paste');
    await page.keyboard.press('Escape');
    await question.waitFor({ state: 'detached' });
    assert.doesNotMatch(await shown(page), /line/);
    await page.keyboard.press('Control+Shift+V');
    await question.getByRole('button', { name: 'Paste' }).click();
    await until(async () => (await shown(page)).match(/^(first|second) line$/gm)?.length === 4, 'it gets both, and gives both back');
    await page.keyboard.press('Control+D');

    // By OSC 52 a program would set the clipboard, or ask for it.
    await command(page, String.raw`printf '\033]52;c;%s\a\033]52;c;?\a' "$(printf stolen | base64)"; read -rs -t 1 answer; echo "got=[$answer]"`);
    await shows(page, /^got=\[\]$/m);
    assert.match(await clipboard(page), /first line/);
    assert.deepEqual(page.problems, []);
  }),
);

test(
  'on Windows and on a Mac the keys for copying are those of the platform',
  withServer(async ({ server, browser }) => {
    const windows = await browser.newPage(allowed);
    await windows.addInitScript(() => Object.defineProperty(navigator, 'platform', { get: () => 'Win32' }));
    const name = await launched(windows, server);
    await command(windows, 'echo win-$((40+2)); sleep 1000');
    await shows(windows, /^win-42$/m);
    const { x, y } = await place(windows, 'win-42');
    await windows.mouse.dblclick(x, y);
    await windows.keyboard.press('Control+C');
    await until(async () => (await clipboard(windows)) === 'win-42', 'it is copied');
    assert.doesNotMatch(await shown(windows), /\^C/);
    // Nothing is selected any more: now it is an interrupt.
    await windows.keyboard.press('Control+C');
    await shows(windows, /\^C/);

    const mac = await browser.newPage(allowed);
    await mac.addInitScript(() => Object.defineProperty(navigator, 'platform', { get: () => 'MacIntel' }));
    await logIn(mac, await server.anotherLoginLink());
    await mac.goto(`${server.address}/runs/${name}`);
    await mac.getByRole('tab', { name: /^Terminal/ }).click();
    await shows(mac, /^win-42$/m);
    const at = await place(mac, 'win-42');
    await mac.mouse.dblclick(at.x, at.y);
    await mac.evaluate(() => navigator.clipboard.writeText('nothing yet'));
    await mac.keyboard.press('Meta+C');
    await until(async () => (await clipboard(mac)) === 'win-42', 'it is copied');
    // Control+F is a key of the shell's there, Command+F is the page's.
    await mac.keyboard.press('Control+F');
    assert.equal(await mac.getByRole('search', { name: 'Terminal' }).count(), 0);
    await mac.keyboard.press('Meta+F');
    await mac.getByRole('search', { name: 'Terminal' }).waitFor();
    assert.deepEqual([...windows.problems, ...mac.problems], []);
  }),
);

test(
  'an address in the output opens in a page of its own, and one of a port in the preview of that port',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    const app = await webapp();
    try {
      const name = await launched(page, server, [app.port]);
      const { port } = new URL(server.address);
      // Nothing outside of this machine is asked: the dashboard itself is the address that is opened.
      await command(page, `echo "see ${server.address}/explore?from=the%20shell#there."`);
      await shows(page, /^see http.*there\.$/m);
      await hover(page, `${server.address}/explore`);
      const tip = page.locator('.term__tip');
      await tip.getByText(`${server.address}/explore?from=the%20shell#there`, { exact: true }).waitFor();
      await examineAll(page, 'terminal-link');
      await hover(page, `${server.address}/explore`);
      await tip.waitFor();
      const before = page.context().pages().length;
      await page.mouse.down();
      await page.mouse.up();
      const opening = page.context().waitForEvent('page');
      await page.keyboard.down('Control');
      await page.mouse.down();
      await page.mouse.up();
      await page.keyboard.up('Control');
      const other = await opening;
      await other.waitForLoadState();
      assert.equal(page.context().pages().length, before + 1, 'a click alone opens nothing');
      const opened = new URL(other.url());
      assert.equal(opened.origin + opened.pathname, `${server.address}/explore`);
      assert.equal(await other.evaluate(() => window.opener), null);
      await other.close();

      // A program may hide an address behind words: it is told, and only those of the web are links.
      await command(page, String.raw`clear; printf '\033]8;;${server.address}/team\a%s\033]8;;\a %s\033]8;;javascript:alert(1)\a%s\033]8;;\a\n' these-words and-not-; echo done-$((1+1))`);
      await shows(page, /^done-2$/m);
      await hover(page, 'these-words');
      await tip.getByText(`${server.address}/team`, { exact: true }).waitFor();
      await page.mouse.move(5, 5);
      await tip.waitFor({ state: 'hidden' });

      // What an application prints of itself is on another machine than the reader's.
      await command(page, `clear; echo "http://localhost:${app.port}/said?token=a%20b#here"`);
      await shows(page, /^http:\/\/localhost.*here$/m);
      await until(async () => {
        await page.mouse.move(5, 5);
        await hover(page, 'said?token');
        return (await tip.innerText()).startsWith('Preview of');
      }, 'the preview is known');
      const leading = page.context().waitForEvent('page');
      await page.keyboard.down('Control');
      await page.mouse.down();
      await page.mouse.up();
      await page.keyboard.up('Control');
      const preview = await leading;
      await preview.waitForURL(`http://${app.port}--${name}.localhost:${port}/said?token=a%20b#here`);
      assert.deepEqual(page.problems, []);
    } finally {
      await app.close();
    }
  }),
);

test(
  'a search over a terminal finds what has scrolled away, counts it, and gives the keys back',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await launched(page, server);
    await command(page, 'for i in $(seq 1 300); do echo "row $i of M""any"; done; echo ready-$((1+1))');
    await shows(page, /^ready-2$/m);
    await page.keyboard.press('Control+F');
    const bar = page.getByRole('search', { name: 'Terminal' });
    const box = bar.getByRole('textbox', { name: 'Find in the terminal' });
    await until(() => box.evaluate((box) => box === document.activeElement), 'it can be typed into');
    await page.keyboard.type('row 7');
    // 7, and 70 to 79; the newest first.
    await bar.getByText('11 of 11', { exact: true }).waitFor();
    await shows(page, /^row 79 of Many$/m);
    await page.keyboard.press('Enter');
    await bar.getByText('1 of 11', { exact: true }).waitFor();
    await shows(page, /^row 7 of Many$/m);
    await page.keyboard.press('Shift+Enter');
    await bar.getByText('11 of 11', { exact: true }).waitFor();
    await box.fill('of many');
    await until(async () => / of 300$/.test(await bar.locator('output').innerText()), 'all are counted');
    await bar.getByRole('button', { name: 'Match case' }).click();
    await bar.getByText('Not found', { exact: true }).waitFor();
    assert.ok(await bar.getByRole('button', { name: 'Next match' }).isDisabled());
    await bar.getByRole('button', { name: 'Match case' }).click();
    await bar.getByRole('button', { name: 'Regular expression' }).click();
    await box.fill('^row (1|2)00 ');
    await bar.getByText('2 of 2', { exact: true }).waitFor();
    // A terminal of another width is searched anew, so that nothing after this is about where the search stands.
    await examineAll(page, 'terminal-find');
    for (const none of ['(', 'x*']) {
      await box.fill(none);
      await bar.getByText('Not a pattern', { exact: true }).waitFor();
    }
    await page.keyboard.press('Escape');
    await bar.waitFor({ state: 'detached' });
    // The keys are the shell's again.
    await command(page, 'echo back-$((1+1))');
    await shows(page, /^back-2$/m);
    // The button does the same, and in a program that has the whole screen the key is its own.
    await page.getByRole('button', { name: 'Find in the terminal' }).click();
    await bar.waitFor();
    await page.keyboard.press('Escape');
    await command(page, String.raw`printf '\033[?1049h'; read -rsn1 key; printf '\033[?1049l'; printf 'key=%q\n' "$key"`);
    await until(async () => !(await shown(page)).includes('back-2'), 'the program has the screen');
    await page.keyboard.press('Control+F');
    await shows(page, /^key=\$'\\006'$/m);
    assert.equal(await bar.count(), 0);
    assert.deepEqual(page.problems, []);
  }),
);

test(
  'two terminals keep their own text, programs know their size, and the end of a shell is told',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await launched(page, server);
    await command(page, 'echo first-$((1+1)); stty size');
    await shows(page, /^first-2\n\d+ \d+$/m);
    // Nothing while the screen is being cleared.
    const size = async () => (await shown(page)).match(/^(\d+) (\d+)$/m)?.slice(1).map(Number) ?? [];
    const [, wide] = await size();
    assert.ok(wide > 0);

    await page.getByRole('button', { name: 'New terminal' }).click();
    await until(async () => /[#$]$/.test((await shown(page)).trim()) && !(await shown(page)).includes('first-2'), 'another shell');
    await command(page, 'echo second-$((1+1))');
    await shows(page, /^second-2$/m);
    await page.getByRole('button', { name: 'Shell 1' }).click();
    await shows(page, /^first-2$/m);
    assert.doesNotMatch(await shown(page), /second/);

    await page.setViewportSize({ width: 375, height: 812 });
    await until(() => keys(page).isVisible(), 'the terminal is there');
    await page.locator('.xterm-screen').first().click();
    await until(async () => {
      await command(page, 'clear; stty size');
      await shows(page, /^\d+ \d+$/m);
      return (await size())[1] < wide;
    }, 'programs know that it is narrower');
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.locator('.xterm-screen').first().click();
    await until(async () => {
      await command(page, 'clear; stty size');
      await shows(page, /^\d+ \d+$/m);
      return (await size())[1] === wide;
    }, 'programs know that it is wide again');

    await command(page, 'exit 3');
    const note = page.getByRole('status').filter({ hasText: 'The shell has ended with exit code 3.' });
    await note.waitFor();
    await examineAll(page, 'terminal-ended');
    // It is gone in the other terminal's place.
    await note.getByRole('button', { name: 'New terminal' }).click();
    await until(async () => /[#$]$/.test((await shown(page)).trim()), 'a new shell');
    await command(page, 'kill -9 $$');
    await page.getByText('The shell was ended by signal 9 (SIGKILL), exit code 137.', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Close', exact: true }).click();
    await shows(page, /^second-2$/m);
    await examine(page, 'terminal-second');
    assert.deepEqual(page.problems, []);
  }),
);

/** The network between a page and its server, as far as sockets go: it can be cut. To be made before the page is loaded. */
async function cable(page) {
  const sockets = new Set();
  let isCut = false;
  await page.routeWebSocket(/\/api\/v1\/(stream|terminals\/)/, (near) => {
    if (isCut) {
      void near.close({ code: 1001 });
      return;
    }
    const far = near.connectToServer();
    const both = { near, far };
    sockets.add(both);
    near.onClose(() => {
      sockets.delete(both);
      void far.close();
    });
  });
  return {
    cut() {
      isCut = true;
      for (const { near, far } of sockets) {
        void far.close();
        void near.close({ code: 1001 });
      }
      sockets.clear();
    },
    mend: () => (isCut = false),
  };
}

/** All that a terminal holds, seen by scrolling from its start to its end: each line with how often it is there. */
async function counted(page, pattern) {
  const bar = page.getByRole('search', { name: 'Terminal' });
  await page.locator('.xterm-screen:visible').click();
  await page.keyboard.press('Control+F');
  await bar.waitFor();
  const regex = bar.getByRole('button', { name: 'Regular expression' });
  if ((await regex.getAttribute('aria-pressed')) !== 'true') await regex.click();
  await bar.getByRole('textbox').fill(pattern);
  const told = bar.locator('output');
  await until(async () => /of|Not found/.test(await told.innerText()), 'it is counted');
  const count = Number((await told.innerText()).match(/of (\d+)$/)?.[1] ?? 0);
  await page.keyboard.press('Escape');
  return count;
}

test(
  'a terminal whose network is cut catches up with what it missed, and has nothing twice',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    const network = await cable(page);
      const name = await launched(page, server);
    await command(page, 'for i in $(seq 1 200); do echo "before $i"; done');
    await shows(page, /^before 200$/m);
    // It goes on while nobody sees it, for as long as the test wants.
    await command(page, 'until [ -e cut ]; do sleep 0.1; done; for i in $(seq 1 200); do echo "meanwhile $i"; done; touch told');
    network.cut();
    const lost = page.getByText(/^Connection lost\. What runs in it goes on\./).first();
    await lost.waitFor();
    const local = await browser.newPage();
    await logIn(local, await server.anotherLoginLink());
    await local.goto(`${server.address}/runs/${name}`);
    await local.getByRole('tab', { name: /^Terminal/ }).click();
    await local.getByRole('button', { name: 'New terminal' }).click();
    await until(async () => /^[^\n]*[#$]$/.test((await shown(local)).trim()), 'another shell');
    await command(local, 'touch cut; until [ -e told ]; do sleep 0.1; done; echo told-$((1+1))');
    await shows(local, /^told-2$/m);
    await lost.waitFor();
    network.mend();
    await shows(page, /^meanwhile 200$/m);
    await until(async () => (await lost.count()) === 0, 'it is back');
    assert.equal(await counted(page, '^before \\d+$'), 200);
    assert.equal(await counted(page, '^meanwhile \\d+$'), 200);
    await command(page, 'echo after-$((1+1))');
    await shows(page, /^after-2$/m);
  }),
);

test(
  'a terminal goes on in a reloaded page and on a server that was killed, with its scrollback and without old questions answered again',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await launched(page, server);
    await command(page, 'mine=kept; for i in $(seq 1 200); do echo "line $i"; done');
    await shows(page, /^line 200$/m);
    // A program asks the terminal what it is, and takes the answer.
    await command(page, String.raw`printf '\033[c'; read -rs -d c answer; printf 'it is %q\n' "$answer"`);
    await shows(page, /^it is .*\?1;2/m);
    let turn = 0;
    const intact = async () => {
      turn += 1;
      await until(async () => (await counted(page, '^line \\d+$')) === 200, 'all lines are there, once');
      await command(page, `echo "$mine-${turn}"`);
      await shows(page, new RegExp(`^kept-${turn}$`, 'm'));
      // Had the question been answered anew, the shell would have taken that for keys.
      assert.match(await shown(page), new RegExp(`[#$] echo "\\$mine-${turn}"$`, 'm'));
    };
    await server.killAndRestart();
    await until(async () => (await page.getByText(/reconnecting|Connection lost/i).count()) === 0, 'the page is live again');
    await intact();
    await page.reload();
    await page.getByRole('tab', { name: /^Terminal/ }).click();
    await shows(page, /[#$]$/m);
    await intact();
    assert.ok(page.problems.every((problem) => /WebSocket|ERR_CONNECTION/.test(problem)), page.problems.join('\n'));
  }),
);
