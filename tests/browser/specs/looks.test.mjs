import assert from 'node:assert/strict';
import { test } from 'node:test';
import { examine, logIn, paste, until, withServer } from '../harness.mjs';

// Set SCREENSHOTS to a folder to keep what was seen.

const TEXT = `type: dev-environment
ide: vscode
python: "3.11"

env:
  - HF_TOKEN
  - WANDB_MODE=offline
setup:
  - pip install -r requirements.txt

resources:
  cpu: 4..
  memory: 32GB..
  gpu: 40GB..80GB
  shm_size: 16GB
  disk: 500GB

ports: [8888, 6006]
spot_policy: auto
max_price: 4
max_duration: 8h
termination_idle_time: 30m
`;

const NONE = TEXT.replace('40GB..80GB', '40GB..80GB:16');

test(
  'every page is accessible and fits, wide and narrow, light and dark',
  withServer(async ({ server, browser }) => {
    // One environment to look at.
    const maker = await browser.newPage();
    await logIn(maker, server.loginLink);
    const name = await maker.evaluate(async () => {
      const configuration = 'type: dev-environment\nide: vscode\nsetup:\n  - echo hello from setup\n';
      const answer = await fetch('/api/v1/runs', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ configuration }),
      });
      return (await answer.json()).name;
    });

    for (const width of [1440, 375]) {
      for (const colorScheme of ['light', 'dark']) {
        const as = `${width}-${colorScheme}`;
        const page = await browser.newPage({ width, height: width === 375 ? 812 : 900, colorScheme });
        await page.goto(`${server.address}/login`);
        await page.getByRole('heading').first().waitFor();
        await examine(page, `login-${as}`);
        await logIn(page, await server.anotherLoginLink());

        const offers = page.getByRole('table', { name: 'Offers' });
        await paste(page, TEXT);
        if (width > 640) await offers.getByRole('row').nth(8).waitFor();
        await examine(page, `launch-${as}`);
        if (width <= 640) {
          await page.getByRole('tab', { name: /^Offers/ }).click();
          await offers.getByRole('row').nth(4).waitFor();
          await examine(page, `launch-offers-${as}`);
          await page.getByRole('tab', { name: /^Configuration/ }).click();
        }
        await paste(page, NONE);
        if (width > 640) await until(async () => (await offers.getByRole('row').count()) < 2, 'nothing fits');
        await examine(page, `launch-none-${as}`);

        await page.getByRole('link', { name: /^Runs/ }).first().click();
        await page.getByRole('table', { name: 'Runs' }).getByText(name).first().waitFor();
        await examine(page, `runs-${as}`);

        await page.goto(`${server.address}/runs/${name}`);
        await page.getByRole('main').locator('[data-status="running"]').first().waitFor();
        await page.getByText('hello from setup').first().waitFor();
        await examine(page, `run-${as}`);
        await page.getByRole('tab', { name: /^Terminal/ }).click();
        await page.locator('.xterm-screen').first().waitFor();
        await examine(page, `run-terminal-${as}`);
        await page.getByRole('tab', { name: /^Usage/ }).click();
        await examine(page, `run-usage-${as}`);

        await page.getByRole('link', { name: /^Team/ }).first().click();
        await page.getByRole('table', { name: 'Instances' }).getByText(name).first().waitFor();
        await examine(page, `team-${as}`);

        await page.getByRole('link', { name: 'People' }).first().click();
        await page.getByRole('table', { name: 'Who is here' }).getByText('you', { exact: true }).waitFor();
        await examine(page, `people-${as}`);

        await page.goto(`${server.address}/account`);
        await page.getByRole('heading', { name: 'No key yet' }).waitFor();
        await page.getByText('this one').waitFor();
        await examine(page, `account-${as}`);

        await page.getByRole('link', { name: /^Explore/ }).first().click();
        const h100 = page.getByRole('article', { name: 'H100 80 GB', exact: true });
        await h100.waitFor();
        await examine(page, `explore-${as}`);
        if (width <= 640) await page.getByRole('button', { name: /^Filters/ }).click();
        await page.getByRole('button', { name: /^Backends/ }).click();
        await page.getByRole('checkbox', { name: 'gcp' }).check();
        await examine(page, `explore-filters-${as}`);
        await page.keyboard.press('Escape');
        await page.getByLabel('Memory').selectOption('80');
        await h100.getByRole('link', { name: /offers/ }).click();
        await page.getByRole('table', { name: 'Offers' }).getByRole('button', { name: /regions of/ }).first().click();
        await page.locator('.explore__place').nth(1).waitFor();
        await examine(page, `explore-gpu-${as}`);
        await page.goto(`${server.address}/explore?q=nothing-like-it`);
        await page.getByText('No offer is left').waitFor();
        await examine(page, `explore-nothing-${as}`);
        assert.deepEqual(page.problems, []);
        await page.context().close();
      }
    }
  }),
);

test(
  'pages without anything to show say what to do',
  withServer(async ({ server, browser }) => {
    for (const width of [1440, 375]) {
      const page = await browser.newPage({ width });
      await logIn(page, await server.anotherLoginLink());
      for (const where of ['Runs', 'Team']) {
        await page.getByRole('link', { name: new RegExp(`^${where}`) }).first().click();
        await page.getByRole('main').getByRole('link', { name: /launch/i }).first().waitFor();
        await examine(page, `empty-${where.toLowerCase()}-${width}`);
      }
    }
  }),
);
