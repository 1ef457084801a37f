// What was spent, and how much may be: the pages, with answers that a test gives in the server's place.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { examineAll, logIn, until, withServer } from '../harness.mjs';
import { answer, spend } from '../stand-ins.mjs';

test(
  'spending is drawn day by day, told again in tables, kept in the address, and prints as a report',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    const asked = await answer(page, /\/api\/v1\/spend\?/, spend);
    await page.getByRole('link', { name: /^Team/ }).first().click();
    await page.getByRole('navigation', { name: 'Team' }).getByRole('link', { name: 'Spend' }).click();
    const chart = page.getByRole('img', { name: /^Spend of 30 days by person, \$4,350\.00 in all/ });
    await chart.waitFor();
    assert.equal(await chart.locator('.stacks__day').count(), 30);
    const people = page.getByRole('table', { name: 'By person' });
    await people.getByRole('row', { name: /ann \$3,045\.00 70 %/ }).waitFor();
    await page.getByRole('table', { name: 'By day' }).getByRole('row', { name: /^30 Nov \$203\.00 \$87\.00 \$290\.00/ }).waitFor();
    await page.getByRole('region', { name: 'In all' }).getByText('12 %', { exact: true }).waitFor();
    await examineAll(page, 'spend');

    await page.getByRole('button', { name: '7 days' }).click();
    await page.waitForURL(/days=7/);
    await page.getByRole('combobox', { name: 'By' }).selectOption('backend');
    await page.waitForURL(/by=backend/);
    await until(() => asked.some((url) => /days=7&by=backend/.test(url)), 'the server is asked for that');
    assert.match(await page.getByRole('link', { name: 'CSV' }).getAttribute('href'), /^\/api\/v1\/spend\.csv\?days=7&by=backend&offset_minutes=/);
    // Back to people, and on to what one of them spent it on.
    await page.getByRole('combobox', { name: 'By' }).selectOption('person');
    await people.getByRole('link', { name: 'ann' }).click();
    await page.waitForURL(/by=run&.*person=ann/);
    await page.getByRole('button', { name: /Only ann/ }).click();
    await until(() => !page.url().includes('person='), 'everybody is shown again');

    await page.emulateMedia({ media: 'print' });
    await page.getByText('Berth cost report').waitFor();
    assert.ok(await page.getByRole('button', { name: '7 days' }).isHidden());
    assert.ok(await page.locator('nav.rail').isHidden());
    const [ground, ink] = await page.evaluate(() => [getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]);
    assert.deepEqual([ground, ink], ['rgb(255, 255, 255)', 'rgb(0, 0, 0)']);
    assert.deepEqual(page.problems, []);
  }),
);

test(
  'limits say in words what is used, warn at 80 %, and are changed by those who may',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    const overview = {
      project: { limits: { instances: 10, usd_per_month: 1000 }, own: false, used: { instances: 3, gpus: 2, usd_per_hour: 4.5, usd_this_month: 850 } },
      everybody: { instances: 2 },
      people: [
        { person: 'ann', limits: { instances: 2 }, own: false, used: { instances: 1, gpus: 0, usd_per_hour: 0, usd_this_month: 10 } },
        { person: 'bob', limits: { usd_per_hour: 2 }, own: true, used: { instances: 2, gpus: 2, usd_per_hour: 2.5, usd_this_month: 840 } },
      ],
      month_ends_at: Date.now() + 3 * 86_400_000,
    };
    await answer(page, /\/api\/v1\/limits$/, () => overview);
    const put = await answer(page, /\/api\/v1\/limits\/(project|people)/, (_, request) => {
      if (request.method() === 'PUT' && request.url().endsWith('/project')) overview.project.limits = request.postDataJSON();
      return undefined;
    });
    await page.goto(`${server.address}/team/limits`);
    const project = page.getByRole('region', { name: 'The project' });
    await project.getByRole('meter', { name: /^\$ a month: \$850\.00 of \$1,000\.00/ }).waitFor();
    await project.getByText('85 % used, $150.00 left').waitFor();
    const bob = page.getByRole('row', { name: /bob/ });
    await bob.getByText('$0.50/h over the limit').waitFor();
    await bob.getByText('own limits').waitFor();
    await examineAll(page, 'limits');

    await project.getByRole('button', { name: 'Change the limits of the project' }).click();
    const dialog = page.getByRole('dialog', { name: 'Limits of the project' });
    await dialog.getByLabel('Instances at once').fill('many');
    await dialog.getByRole('button', { name: 'Set' }).click();
    await dialog.getByRole('alert').getByText(/a whole number from 0 up/).waitFor();
    await dialog.getByLabel('Instances at once').fill('12');
    await dialog.getByLabel('$ a month').fill('');
    await examineAll(page, 'limits-change');
    await dialog.getByRole('button', { name: 'Set' }).click();
    await project.getByText('of 12', { exact: true }).waitFor();
    assert.deepEqual(overview.project.limits, { instances: 12 });
    await bob.getByRole('button', { name: 'Reset the limits of bob' }).click();
    await until(() => put.some((url) => url.startsWith('DELETE') && url.endsWith('/people/bob')), 'bob’s own are taken away');
    assert.deepEqual(page.problems, []);
  }),
);
