import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { complaints, logIn, paste, stopsAlone, until, withServer } from '../harness.mjs';

const ALONE = `type: dev-environment
name: alone
ide: zed
tags:
  team: vision
inactivity_duration: 15s
`;

const editor = (page) => page.getByRole('textbox', { name: 'Configuration' });
const problems = (page) => page.getByRole('list', { name: 'Problems' }).getByRole('listitem');
const pick = (page) => page.getByRole('combobox', { name: 'Reads as' });
const launch = (page) => page.getByRole('main').getByRole('button', { name: /^Launch/ });
const text = (page) =>
  editor(page).evaluate((content) => [...content.querySelectorAll('.cm-line')].map((line) => line.textContent).join('\n'));

const readsAs = (page, words) =>
  until(
    async () => (await pick(page).evaluate((select) => select.selectedOptions[0].textContent)) === words,
    `it says ${words}`,
  );

async function look(page, name) {
  assert.deepEqual(await complaints(page), [], `${name} is accessible`);
  if (process.env.SCREENSHOTS) await page.screenshot({ path: path.join(process.env.SCREENSHOTS, `${name}.png`) });
}

test(
  'a file of dstack 0.22 is read as another release, converted, launched, and stopped when the clock that it shows is over',
  withServer(
    async ({ server, browser }) => {
      const page = await browser.newPage();
      await logIn(page, server.loginLink);
      await paste(page, ALONE);
      await readsAs(page, 'dstack 0.22, automatic');
      await pick(page).selectOption('0.18');
      await until(async () => (await problems(page).count()) >= 3, 'dstack 0.18 does not know its keys');
      await pick(page).selectOption('');
      await readsAs(page, 'dstack 0.22, automatic');

      // There and back: what the other release has no words for is told, and one step back brings it again.
      await page.getByRole('button', { name: 'Convert to dstack 0.18' }).click();
      await readsAs(page, 'dstack 0.18, automatic');
      await page.getByRole('list', { name: 'What was lost' }).getByText('inactivity_duration').first().waitFor();
      await editor(page).press('ControlOrMeta+z');
      await until(async () => (await text(page)) === ALONE, 'the text is what it was');

      await until(() => launch(page).isEnabled(), 'the launch is possible');
      await launch(page).click();
      await page.waitForURL(/\/runs\/alone$/);
      await page.getByRole('main').locator('[data-status="running"]').first().waitFor();
      await page.getByRole('main').getByText('vision').first().waitFor();
      await look(page, 'honoured-clock');
      await stopsAlone(page);
      await look(page, 'honoured-over');
      assert.deepEqual(page.problems, []);
    },
    ['--engine', 'none'],
  ),
);

test(
  'a run with a schedule says when it begins, and is taken back before',
  withServer(
    async ({ server, browser }) => {
      const page = await browser.newPage();
      await logIn(page, server.loginLink);
      await paste(page, "type: dev-environment\nname: nightly\nide: zed\nschedule:\n  cron: '0 3 1 1 *'\n");
      await until(() => launch(page).isEnabled(), 'the launch is possible');
      await launch(page).click();
      await page.waitForURL(/\/runs\/nightly$/);
      const notice = page.getByRole('region', { name: 'Next attempt' });
      await notice.getByText(/^Its schedule has it begin in \d+ d/).waitFor();
      assert.match(await notice.locator('b').getAttribute('title'), /Jan(uary)? .*1|1 Jan|01-01/);
      await look(page, 'honoured-schedule');
      await page.getByRole('button', { name: 'Stop', exact: true }).click();
      await page.getByRole('dialog').getByRole('button', { name: /^Stop/ }).click();
      await page.getByRole('main').locator('[data-status="terminated"]').first().waitFor();
      assert.deepEqual(page.problems, []);
    },
    ['--engine', 'none'],
  ),
);
