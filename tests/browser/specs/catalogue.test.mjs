// Prices that change while the page is open.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { binary, logIn, paste, until, withServer } from '../harness.mjs';

const HEAD = 'instance_name,location,price,cpu,memory,gpu_count,gpu_name,gpu_memory,spot,disk_size\n';
const row = (name, price) => `${name},us-east-1,${price},8,61.0,1,V100,16.0,False,\n`;

async function importCatalogue(server, name, text) {
  const file = path.join(server.dataDir, name);
  await writeFile(file, text);
  await promisify(execFile)(binary, ['catalog', 'import', file, '--as-of', '2026-06-01', '--data-dir', server.dataDir]);
}

test(
  'a new catalogue reaches an open page without a reload, and a later page as well',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    await page.evaluate(() => (window.stayed = true));
    await paste(page, 'type: dev-environment\nide: vscode\nresources:\n  gpu: V100\n');
    const offers = page.getByRole('table', { name: 'Offers' });
    await offers.getByRole('row').nth(3).waitFor();
    assert.equal(await offers.getByRole('row').filter({ hasText: 'p9.huge' }).count(), 0);

    await importCatalogue(server, 'aws.csv', HEAD + row('p9.huge', 12.25) + row('p9.tiny', 0.125));
    await offers.getByRole('row').filter({ hasText: 'p9.huge' }).waitFor();
    assert.match(await offers.getByRole('row').filter({ hasText: 'p9.tiny' }).innerText(), /\b0\.125\b/);
    assert.equal(await page.evaluate(() => window.stayed), true, 'the page was loaded anew');

    const later = await browser.newPage();
    await logIn(later, await server.anotherLoginLink());
    await paste(later, 'type: dev-environment\nide: vscode\nresources:\n  gpu: V100\n');
    await later.getByRole('table', { name: 'Offers' }).getByRole('row').filter({ hasText: 'p9.huge' }).waitFor();
    assert.deepEqual([...page.problems, ...later.problems], []);
  }),
);

test(
  'preview and plan name their catalogue, and follow a new one',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    await paste(page, 'type: dev-environment\nide: vscode\n');
    const bar = page.getByRole('region', { name: 'Launch' });
    const preview = page.getByRole('region', { name: 'What fits' });
    for (const part of [bar, preview]) await part.getByText(/catalogue a94ae25c/).waitFor();
    await importCatalogue(server, 'aws.csv', HEAD + row('p9.huge', 12.25));
    await until(async () => !(await bar.innerText()).includes('a94ae25c'), 'the plan is of the new catalogue');
    const version = (await bar.innerText()).match(/catalogue ([0-9a-f]{8})/)[1];
    await preview.getByText(`catalogue ${version}`).waitFor();
    assert.deepEqual(page.problems, []);
  }),
);

test(
  'a price that has risen is shown beside the old one, and launching at it agrees to it',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    const sent = [];
    // The backend of this machine costs nothing, so the answer of one that does is made up; everything else is the server's.
    await page.route('**/api/v1/runs', async (route) => {
      if (route.request().method() !== 'POST') return route.continue();
      const request = route.request().postDataJSON();
      sent.push(request);
      if (request.agreed_price >= 3.5) return route.continue();
      const offer = {
        backend: 'aws', region: 'eu-west-1', instance_type: 'p3.2xlarge', cpus: 8, memory_gib: 61, gpu: null,
        disk_gib: null, spot: false, price: 3.5, basis: 'listed', as_of: '2026-06-01', availability: 'unknown',
      };
      await route.fulfill({
        status: 409,
        contentType: 'application/problem+json',
        body: JSON.stringify({
          status: 409,
          code: 'price-changed',
          title: 'does not fit the present state',
          detail: 'the first offer now costs $3.5 an hour instead of $3.06: p3.2xlarge in eu-west-1 on `aws`',
          request_id: 'r-1',
          price: { agreed: 3.06, now: 3.5, offer, catalog_version: 'newer123', agreed_catalog: 'a94ae25c' },
        }),
      });
    });
    await logIn(page, server.loginLink);
    await paste(page, 'type: dev-environment\nide: vscode\n');
    const bar = page.getByRole('region', { name: 'Launch' });
    const launch = bar.getByRole('button', { name: 'Launch', exact: false }).last();
    await until(() => launch.isEnabled(), 'the launch is possible');
    await launch.click();

    const notice = bar.getByRole('alert');
    await notice.getByText(/\$3\.5 an hour instead of \$3\.06/).waitFor();
    assert.deepEqual(
      sent.map(({ agreed_price, agreed_catalog }) => [agreed_price, agreed_catalog]),
      [[0, 'a94ae25c']],
    );
    assert.match(page.url(), /\/$/, 'something was launched');
    await notice.getByRole('button', { name: 'Launch at $3.500/h' }).click();
    await page.waitForURL(/\/runs\/[a-z]/);
    assert.deepEqual([sent[1].agreed_price, sent[1].agreed_catalog], [3.5, 'newer123']);
    // The browser itself says that a request was answered with 409.
    assert.deepEqual(page.problems.filter((problem) => !problem.includes('409')), []);
  }),
);
