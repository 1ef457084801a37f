// `files` of a text of dstack 0.22: chosen on the launch page, sent with the launch, and there before the first command.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { complaints, logIn, paste, until, withServer } from '../harness.mjs';

const LONG = `${'a-long-name-'.repeat(12)}/${'and-another-'.repeat(14)}`;

const TEXT = `type: dev-environment
name: brought
ide: zed
files:
  - ./notes.txt:~/notes of mine.txt
  - local_path: ../data
    path: more
setup:
  - cat "$HOME/notes of mine.txt"
  - cat more/ä/ü.txt
  - ./more/run.sh
  - cat "more/${LONG}"
  - test ! -e more/.git && find more -type f -perm /077 | wc -l
  - stat -c %Y more/ä/ü.txt
`;

const dialog = (page) => page.getByRole('dialog', { name: 'Files' });
const launch = (page) => page.getByRole('main').getByRole('button', { name: /^Launch/ });
const log = (page) => page.getByRole('log');

async function withFiles(body) {
  const folder = await mkdtemp(path.join(tmpdir(), 'berth-files-'));
  const write = async (name, content, mode = 0o644) => {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), content, { mode });
  };
  try {
    await write('notes.txt', 'what I noted\n');
    await write('data/ä/ü.txt', 'umlauts\n');
    await utimes(path.join(folder, 'data/ä/ü.txt'), 1_700_000_000, 1_700_000_000);
    await write('data/run.sh', '#!/bin/sh\necho it is a program\n', 0o755);
    await write(`data/${LONG}`, 'a long way down\n');
    await write('data/.git/config', 'not brought\n');
    await body((name) => path.join(folder, name), write);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function picture(page, name) {
  assert.deepEqual(await complaints(page), [], `${name} is accessible`);
  for (const width of [375, 1440]) {
    await page.setViewportSize({ width, height: 900 });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.equal(wide, 0, `${name} at ${width} px`);
    for (const colorScheme of process.env.SCREENSHOTS ? ['light', 'dark'] : []) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: path.join(process.env.SCREENSHOTS, `${name}-${width}-${colorScheme}.png`) });
    }
  }
}

test(
  'files and folders that the text names are asked for, sent with the launch, and there before its commands',
  withServer(
    async ({ server, browser }) => {
      await withFiles(async (file, write) => {
        const page = await browser.newPage();
        await logIn(page, server.loginLink);
        await paste(page, TEXT);
        await page.getByRole('button', { name: '2 of 2 files to be chosen' }).waitFor();
        await until(() => launch(page).isEnabled(), 'the launch is possible');
        await launch(page).click();
        await dialog(page).getByText('Not chosen yet').first().waitFor();
        const go = dialog(page).getByRole('button', { name: 'Launch' });
        assert.ok(await go.isDisabled(), 'nothing is launched before they are chosen');
        await picture(page, 'files-asked');

        await dialog(page).getByLabel('Choose a file for ./notes.txt').setInputFiles(file('notes.txt'));
        await dialog(page).getByText('notes.txt, 13 B').waitFor();
        await dialog(page).getByLabel('Choose a folder for ../data').setInputFiles(file('data'));
        await dialog(page).getByText(/^data: 3 files, /).waitFor();
        await picture(page, 'files-chosen');
        await until(() => go.isEnabled(), 'all are chosen');

        // What was changed since is not sent as something else.
        await write('notes.txt', 'what I noted later, and longer\n');
        await go.click();
        await page.getByRole('alert').getByText(/`?notes\.txt`? cannot be read: it was changed, moved or removed/).waitFor();
        await picture(page, 'files-changed');
        await page.getByRole('button', { name: '2 files chosen' }).click();
        await dialog(page).getByLabel('Choose a file for ./notes.txt').setInputFiles(file('notes.txt'));
        await dialog(page).getByText('notes.txt, 31 B').waitFor();
        await dialog(page).getByRole('button', { name: 'Use for this launch' }).click();
        await launch(page).click();
        await page.waitForURL(/\/runs\/brought$/);
        for (const line of ['what I noted later, and longer', 'umlauts', 'it is a program', 'a long way down', '1700000000']) {
          await log(page).getByText(line, { exact: true }).first().waitFor();
        }
        await log(page).getByText(/^0$/).first().waitFor();
        await page.getByText(/files to ~\/notes of mine\.txt, more/).first().waitFor();
        assert.deepEqual(page.problems, []);
      });
    },
    ['--engine', 'none'],
  ),
);

test(
  'what cannot be put where the text says is told when it is chosen, and what is too large when it is sent',
  withServer(
    async ({ server, browser }) => {
      await withFiles(async (file) => {
        const page = await browser.newPage();
        await logIn(page, server.loginLink);
        await paste(page, "type: dev-environment\nide: zed\nfiles: ['big:~/']\n");
        await page.getByRole('button', { name: 'big to be chosen' }).click();
        await dialog(page).getByLabel('Choose a file for big').setInputFiles(file('notes.txt'));
        await dialog(page).getByRole('alert').getByText('A file has to be put where a name of its own is said, as in ~/NAME').waitFor();
        await picture(page, 'files-misplaced');
        await dialog(page).getByRole('button', { name: 'Use for this launch' }).click();
        await page.getByRole('button', { name: 'big to be chosen' }).click();
        execFileSync('sh', ['-c', 'head -c 300000 /dev/urandom > "$1"', 'sh', file('data/random')]);
        await dialog(page).getByLabel('Choose a folder for big').setInputFiles(file('data'));
        await dialog(page).getByText(/^data: 4 files, /).waitFor();
        await dialog(page).getByRole('button', { name: 'Use for this launch' }).click();
        await until(() => launch(page).isEnabled(), 'the launch is possible');
        await launch(page).click();
        await page.getByRole('alert').getByText(/What files names is too large: the server takes at most/).waitFor();
        await until(() => launch(page).isEnabled(), 'it can be tried again');
        assert.deepEqual(page.problems, []);
      });
    },
    ['--engine', 'none', '--code-limit', '200KiB'],
  ),
);

test(
  'a folder that only the command line can bring is told before the launch',
  withServer(
    async ({ server, browser }) => {
      const page = await browser.newPage();
      await logIn(page, server.loginLink);
      await paste(page, "type: dev-environment\nide: zed\nrepos: ['.']\n");
      await page.getByRole('main').getByText(/of repos is on your own machine: only berth run brings it from there/).first().waitFor();
      assert.deepEqual(page.problems, []);
    },
    ['--engine', 'none'],
  ),
);
