import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logIn, paste, until, withServer } from '../harness.mjs';

test(
  'whatever is pasted, the page says what is wrong and stays usable',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    const problems = page.getByRole('list', { name: 'Problems' }).getByRole('listitem');
    const launch = page.getByRole('main').getByRole('button', { name: /^Launch/ });
    for (const [what, text, words] of [
      ['broken YAML', 'type: dev-environment\nide: [vscode\n', /line \d/],
      ['an unknown key', 'type: dev-environment\nide: vscode\nresorces:\n  gpu: 1\n', /resources/],
      ['a wrong value', 'type: dev-environment\nide: emacs\n', /vscode/],
      ['binary junk', 'type: \u0001\u0002\u0003dev\u0007\n', /line 1/],
      ['nothing', '', /./],
    ]) {
      await paste(page, text);
      if (text === '') await page.keyboard.press('Delete');
      await until(async () => words.test((await problems.allInnerTexts()).join('\n')), `${what} is told`);
      assert.ok(await launch.isDisabled(), `${what} cannot be launched`);
    }

    // A megabyte at once: refused in words, and the next key is still answered.
    await page.evaluate((size) => {
      const data = new DataTransfer();
      data.setData('text/plain', 'a: b\n'.repeat(size / 5));
      const editor = document.querySelector('[role="textbox"][aria-label="Configuration"]');
      editor.focus();
      document.execCommand('selectAll');
      editor.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
    }, 1_000_000);
    await until(async () => /256/.test((await problems.allInnerTexts()).join('\n')), 'the limit is told');

    await paste(page, 'type: dev-environment\nide: vscode\n');
    await until(() => launch.isEnabled(), 'a good text can be launched after all that');
    assert.deepEqual(page.problems, []);
  }),
);

test(
  'a command that fails in setup is told on the page of the run, with the last lines of its log',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    await paste(
      page,
      'type: dev-environment\nide: vscode\nsetup:\n  - echo "before it breaks"\n  - echo "no such thing" >&2; exit 3\n',
    );
    const launch = page.getByRole('main').getByRole('button', { name: /^Launch/ });
    await until(() => launch.isEnabled(), 'the launch is possible');
    await launch.click();
    await page.waitForURL(/\/runs\/[a-z]/);
    const main = page.getByRole('main');
    await main.locator('[data-status="failed"]').first().waitFor();
    await until(async () => {
      const text = await main.innerText();
      return text.includes('before it breaks') && text.includes('no such thing') && /\b3\b/.test(text);
    }, 'the log and the exit status are shown');
  }),
);

test(
  'a variable without a value is asked for, reaches the environment and is not kept in the text',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    await paste(
      page,
      'type: dev-environment\nide: vscode\nenv:\n  - SECRET_WORD\nsetup:\n  - echo "length ${#SECRET_WORD}"\n',
    );
    const launch = page.getByRole('main').getByRole('button', { name: /^Launch/ });
    await until(() => launch.isEnabled(), 'the launch is possible');
    await launch.click();
    await page.getByRole('dialog').getByLabel('SECRET_WORD', { exact: true }).fill('swordfish');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/runs\/[a-z]/);
    const main = page.getByRole('main');
    await main.locator('[data-status="running"]').first().waitFor();
    await until(async () => (await main.innerText()).includes('length 9'), 'the environment has the value');
    assert.ok(!(await page.content()).includes('swordfish'));
    assert.ok(!(await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }))).includes('swordfish'));
  }),
);
