import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { complaints, logIn, paste, until, withServer } from '../harness.mjs';

const BEGIN = `type: dev-environment
ide: vscode
`;

const editor = (page) => page.getByRole('textbox', { name: 'Configuration' });
const problems = (page) => page.getByRole('list', { name: 'Problems' }).getByRole('listitem');
const completions = (page) => page.getByRole('listbox', { name: 'Completions' });
const menu = (page) => page.getByRole('menu', { name: 'Quick fixes' });
const tooltip = (page) => page.locator('.cm-tooltip .hovercard');
const announced = (page) => page.locator('.cm-announced');

/** The text alone, without what the page adds between its lines. */
const text = (page) =>
  editor(page).evaluate((content) => [...content.querySelectorAll('.cm-line')].map((line) => line.textContent).join('\n'));

const textIs = (page, expected) =>
  until(async () => (await text(page)) === expected, `the text is ${JSON.stringify(expected)}`);

/** Asks for completions and waits for one of them; the catalogue may still be on its way. */
async function ask(page, label) {
  const option = completions(page).getByRole('option', { name: label });
  await until(async () => {
    if (await option.count()) return true;
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+Space');
    await new Promise((resolve) => setTimeout(resolve, 250));
    return option.count();
  }, `${label} is offered`);
  return option.first();
}

/** Takes the chosen completion; the list does not take keys in its first moments. */
async function take(page) {
  await until(async () => {
    if (!(await completions(page).count())) return true;
    await page.keyboard.press('Enter', { delay: 20 });
    await new Promise((resolve) => setTimeout(resolve, 60));
    return !(await completions(page).count());
  }, 'the completion is taken');
}

async function look(page, name) {
  assert.deepEqual(await complaints(page), [], `${name} is accessible`);
  if (!process.env.SCREENSHOTS) return;
  await mkdir(process.env.SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: path.join(process.env.SCREENSHOTS, `${name}.png`) });
}

test(
  'a configuration is completed by keyboard from nothing',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    await paste(page, ' ');
    await page.keyboard.press('Backspace');
    await textIs(page, '');
    await ask(page, 'type: dev-environment a whole');
    // What is chosen is told to a screen reader.
    assert.match(await editor(page).getAttribute('aria-controls'), /^cm-ac-/);
    await until(() => editor(page).getAttribute('aria-activedescendant'), 'an option is active');
    await page.keyboard.press('ArrowDown');
    await until(
      async () => /type: dev-environment a whole/.test(await completions(page).locator('[aria-selected]').innerText().then((t) => t.replace(/\s+/g, ' '))),
      'the second is chosen',
    );
    await page.keyboard.press('Enter');
    await textIs(page, BEGIN);
    // While typing, the list opens by itself.
    await page.keyboard.type('reso');
    await completions(page).getByRole('option', { name: 'resources' }).waitFor();
    await page.waitForFunction(() => document.querySelector('[role=listbox] [aria-selected]')?.textContent.startsWith('resources'));
    await page.waitForTimeout(150);
    await page.keyboard.press('Enter');
    await textIs(page, `${BEGIN}resources:\n  gpu: 24GB..`);
    // Its value is there to be typed over, and names are offered with their offers and prices.
    const t4 = await ask(page, /^T4/);
    assert.match(await t4.innerText(), /[\d,]+ offers from \$\d/);
    await page.keyboard.press('Escape');
    await page.keyboard.type('H10');
    await completions(page).getByRole('option', { name: /^H100 / }).waitFor();
    await page.waitForTimeout(150);
    await page.keyboard.press('Enter');
    await textIs(page, `${BEGIN}resources:\n  gpu: H100`);
    await until(async () => (await problems(page).count()) === 0, 'it is valid');
    assert.deepEqual(page.problems, []);
  }),
);

test(
  'the Enter key ends a line where nothing is begun, whatever could be offered',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    await paste(page, ' ');
    await page.keyboard.press('Backspace');
    for (const line of ['type: dev-environment', 'ide: vscode', 'backends:', '- aws']) {
      await page.keyboard.type(line);
      // Longer than a list takes to open.
      await page.waitForTimeout(400);
      assert.equal(await completions(page).count(), 0, `no list behind ${line}`);
      await page.keyboard.press('Enter');
    }
    await page.keyboard.press('Backspace');
    for (const gpu of ['gpu:', 'gpu: 2', 'gpu: 24GB', 'gpu: A100:4']) {
      await paste(page, `${BEGIN}resources:\n  `);
      await page.keyboard.type(gpu);
      await page.waitForTimeout(400);
      assert.equal(await completions(page).count(), 0, `no list behind ${gpu}`);
      await page.keyboard.press('Enter');
      assert.ok((await text(page)).includes(`${gpu}\n`), await text(page));
    }
    assert.deepEqual(page.problems, []);
  }),
);

test(
  'regions are those of the chosen backends',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    await paste(page, `${BEGIN}backends: [gcp]\nregions: [us-]`);
    await page.keyboard.press('ArrowLeft');
    await ask(page, /^us-central1/);
    assert.equal(await completions(page).getByRole('option', { name: /^us-east-1 / }).count(), 0);
    await page.keyboard.press('Escape');
    await editor(page).press('ControlOrMeta+a');
    await paste(page, `${BEGIN}backends: [aws]\nregions: [us-]`);
    await page.keyboard.press('ArrowLeft');
    await ask(page, /^us-east-1/);
    assert.equal(await completions(page).getByRole('option', { name: /^us-central1 / }).count(), 0);
    assert.deepEqual(page.problems, []);
  }),
);

test(
  'a place is explained under the pointer and by keyboard, and values say what they mean',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    await paste(page, `${BEGIN}resources:\n  gpu: A100:80GB:2\n  disk: 500GB\nports: ["8000:80"]\n`);
    const inlays = page.locator('.inlay');
    await until(async () => (await inlays.count()) === 3, 'three values are explained');
    assert.deepEqual(await inlays.evaluateAll((all) => all.map((inlay) => inlay.dataset.note)), ['→ 2 × A100, 80 GB', '→ exactly 500 GB', '→ port 80 at local port 8000']);

    await page.locator('.cm-line', { hasText: 'gpu' }).locator('.tok-propertyName').hover();
    await tooltip(page).getByText('The GPUs:').waitFor();
    await until(async () => /607|offers/.test(await tooltip(page).innerText()), 'its offers are told');
    assert.match(await tooltip(page).innerText(), /Read as\s+2 × A100, 80 GB/);
    await page.mouse.move(0, 0);
    await tooltip(page).waitFor({ state: 'detached' });

    // The cursor stands in the empty last line: up to the ports.
    await editor(page).press('ControlOrMeta+End');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ControlOrMeta+i');
    await tooltip(page).getByText('Ports to reach').waitFor();
    await until(async () => /ports, list of ports/.test(await announced(page).innerText()), 'it is announced');
    await page.keyboard.press('Escape');
    await tooltip(page).waitFor({ state: 'detached' });
    assert.deepEqual(page.problems, []);
  }),
);

test(
  'seven different mistakes are typed, and mended by quick fixes alone',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    await paste(page, ' ');
    const lines = [
      'type: dev-environment',
      'ide: vscod',
      'pyhton: "3.11"',
      'spot_policy: spto',
      'max_duration: 1h30m',
      'ports: 8080',
      'max_price: $2.5',
      'termination_idle_time: 5H',
    ];
    await page.keyboard.press('Backspace');
    for (const [i, line] of lines.entries()) {
      // Escape: what is offered on the way is not taken.
      if (i > 0) await page.keyboard.press('Enter');
      await page.keyboard.type(line);
      await page.keyboard.press('Escape');
      await until(async () => (await completions(page).count()) === 0, 'no list takes the Enter key');
    }
    await textIs(page, lines.join('\n'));
    await until(async () => (await problems(page).count()) === 7, 'seven problems are listed');
    await page.keyboard.press('ControlOrMeta+Home');
    for (let left = 7; left > 0; left--) {
      await page.keyboard.press('F8');
      await page.keyboard.press('ControlOrMeta+.');
      // Where there is a choice, the likeliest is first.
      await until(async () => (await menu(page).count()) > 0 || (await problems(page).count()) < left, 'a fix or a choice');
      if (await menu(page).count()) {
        await until(() => menu(page).getByRole('menuitem').first().evaluate((item) => item === document.activeElement), 'the menu has the focus');
        await page.keyboard.press('Enter');
      }
      await until(async () => (await problems(page).count()) < left, `${left - 1} problems are left`);
    }
    await textIs(
      page,
      [
        'type: dev-environment',
        'ide: vscode',
        'python: "3.11"',
        'spot_policy: spot',
        'max_duration: 90m',
        'ports: [8080]',
        'max_price: 2.5',
        'termination_idle_time: 5h',
      ].join('\n'),
    );
    assert.equal(await problems(page).count(), 0);
    assert.deepEqual(page.problems, []);
  }),
);

test(
  'what a value means never becomes text, even where the browser replaces the line by itself',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    await paste(page, `${BEGIN}resources:\n  gpu: A100`);
    await page.locator('.inlay').waitFor({ state: 'attached' });
    await paste(page, `${BEGIN}max_price: 2`);
    // Chromium leaves an empty line of its own behind.
    await until(async () => (await text(page)).trimEnd() === `${BEGIN}max_price: 2`, 'the text is what was written');
    assert.deepEqual(page.problems, []);
  }),
);

test(
  'several fixes are a menu, by keyboard and in the list of problems',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    const wrong = `${BEGIN}resources:\n  gpu: A100:60GB\n`;
    await paste(page, wrong);
    const problem = problems(page).filter({ hasText: '40 GB or 80 GB' });
    await problem.waitFor();
    await page.keyboard.press('F8');
    await page.keyboard.press('ControlOrMeta+.');
    await menu(page).waitFor();
    const items = menu(page).getByRole('menuitem');
    const focused = (i) => until(() => items.nth(i).evaluate((item) => item === document.activeElement), `item ${i} has the focus`);
    await focused(0);
    await look(page, 'fixes');
    await page.keyboard.press('ArrowDown');
    await focused(1);
    // Below what mends the mistake stands what can be done with the whole text.
    await page.keyboard.press('End');
    await items.last().getByText('Convert to dstack 0.22').waitFor();
    await focused(2);
    await page.keyboard.press('ArrowDown');
    await focused(0);
    await page.keyboard.press('Escape');
    await menu(page).waitFor({ state: 'detached' });
    await until(() => editor(page).evaluate((node) => node === document.activeElement), 'the editor has the focus again');
    await textIs(page, wrong);
    await page.keyboard.press('ControlOrMeta+.');
    await focused(0);
    await page.keyboard.press('ArrowDown');
    await focused(1);
    await page.keyboard.press('Enter');
    await textIs(page, wrong.replace('60GB', '80GB'));
    await editor(page).press('ControlOrMeta+z');
    await problem.waitFor();
    // Each fix is a button of its own in the list; it is reached and pressed by keyboard.
    const button = problem.getByRole('button', { name: /40GB/ });
    await button.focus();
    await page.keyboard.press('Enter');
    await textIs(page, wrong.replace('60GB', '40GB'));
    assert.deepEqual(page.problems, []);
  }),
);

test(
  'a text is shared without its secrets, and opened without losing a draft',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    const secret = 'hf_abcdefghijklmnopqrstuvwx';
    const shared = `${BEGIN}# für Łukasz 🦀\nenv:\n  - HF_TOKEN=${secret}\nmax_price: 2\n`;
    await paste(page, shared);
    await page.getByText('Draft saved').waitFor();
    await page.getByRole('button', { name: 'Share' }).press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Share this text' });
    await dialog.getByRole('alert').filter({ hasText: 'env.HF_TOKEN' }).waitFor();
    await dialog.getByRole('button', { name: 'Copy the link' }).waitFor();
    await look(page, 'share');
    const link = await dialog.locator('.copyline__text').innerText();
    assert.match(link, /\/#config=[\w-]+$/);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });

    // Nothing of it goes to the server.
    const other = await browser.newPage();
    await logIn(other, await server.anotherLoginLink());
    const asked = [];
    other.on('request', (request) => asked.push(request.url() + (request.postData() ?? '')));
    await paste(other, `${BEGIN}# mine\n`);
    await other.getByText('Draft saved').waitFor();
    await other.goto('about:blank');
    await other.goto(link);
    const question = other.getByRole('dialog', { name: 'Open the shared text?' });
    await question.waitFor();
    assert.equal(new URL(other.url()).hash, '');
    await question.getByRole('button', { name: 'Open it' }).press('Enter');
    await textIs(other, shared.replace(`HF_TOKEN=${secret}`, 'HF_TOKEN'));
    assert.ok(!asked.some((what) => what.includes('#config') || what.includes(link.split('=')[1]) || what.includes(secret)));
    // The draft comes back with one undo.
    await editor(other).press('ControlOrMeta+z');
    await textIs(other, `${BEGIN}# mine\n`);

    // Keeping the draft forgets the link.
    await other.evaluate((hash) => (location.hash = hash), new URL(link).hash);
    await question.waitFor();
    await question.getByRole('button', { name: 'Keep my draft' }).click();
    await question.waitFor({ state: 'hidden' });
    await other.reload();
    await textIs(other, `${BEGIN}# mine\n`);
    assert.equal(await question.isVisible(), false);

    // A link that was cut off says so.
    await other.evaluate((hash) => (location.hash = hash), new URL(link).hash.slice(0, 40));
    await other.getByRole('alert').filter({ hasText: 'damaged' }).waitFor();
    await textIs(other, `${BEGIN}# mine\n`);
    assert.deepEqual([...page.problems, ...other.problems], []);
  }),
);

test(
  'a link outlives the login, and a text that is too long for one is told',
  withServer(async ({ server, browser }) => {
    const maker = await browser.newPage();
    await logIn(maker, server.loginLink);
    await paste(maker, `${BEGIN}max_price: 3\n`);
    await maker.getByRole('button', { name: 'Share' }).click();
    const link = await maker.getByRole('dialog', { name: 'Share this text' }).locator('.copyline__text').innerText();
    await maker.keyboard.press('Escape');
    const noise = await maker.evaluate(() => Array.from(crypto.getRandomValues(new Uint8Array(20_000)), (n) => n.toString(16)).join(''));
    await paste(maker, `${BEGIN}# ${noise}\n`);
    await maker.getByRole('button', { name: 'Share' }).click();
    await maker.getByRole('alert').filter({ hasText: 'too long for a link' }).waitFor();

    const page = await browser.newPage();
    await page.goto(link);
    await page.waitForURL(/\/login/);
    await logIn(page, await server.anotherLoginLink());
    // The draft is the first example, which nobody wrote: it gives way unasked.
    await textIs(page, `${BEGIN}max_price: 3\n`);
    assert.deepEqual(maker.problems, []);
  }),
);

test(
  'a dropped file becomes the text',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    await paste(page, BEGIN);
    const data = await page.evaluateHandle((content) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([content], 'train.dstack.yml', { type: 'text/yaml' }));
      return transfer;
    }, `${BEGIN}max_price: 1\n`);
    await editor(page).dispatchEvent('drop', { dataTransfer: data });
    await textIs(page, `${BEGIN}max_price: 1\n`);
    await page.getByText('train.dstack.yml').waitFor();
    assert.deepEqual(page.problems, []);
  }),
);

test(
  'help is accessible and fits, wide and narrow, light and dark',
  withServer(async ({ server, browser }) => {
    for (const width of [1440, 375]) {
      for (const colorScheme of ['light', 'dark']) {
        const as = `${width}-${colorScheme}`;
        const page = await browser.newPage({ width, height: width === 375 ? 812 : 900, colorScheme });
        await logIn(page, await server.anotherLoginLink());
        await paste(page, `${BEGIN}resources:\n  gpu: A`);
        await ask(page, /^A100/);
        await look(page, `complete-${as}`);
        await page.keyboard.press('Escape');
        await paste(page, `${BEGIN}resources:\n  gpu: A100:60GB\n  disk: 500GB\nports: ["8000:80"]\nregions: [us-est-1]`);
        await problems(page).filter({ hasText: 'us-est-1' }).waitFor();
        await look(page, `problems-${as}`);
        await page.keyboard.press('ArrowLeft');
        await page.keyboard.press('ControlOrMeta+i');
        await tooltip(page).waitFor();
        await look(page, `hover-${as}`);
        assert.deepEqual(page.problems, []);
        await page.context().close();
      }
    }
  }),
);
