// The parts of the wasm: a page whose part does not come says so, keeps the frame, and comes when it is asked for again.
import { test } from 'node:test';
import { examineAll, logIn, withServer } from '../harness.mjs';

test(
  'a page that cannot be fetched says so, leaves the others alone, and comes once it can be',
  withServer(async ({ server, browser }) => {
    const page = await browser.newPage();
    await logIn(page, server.loginLink);
    const team = '**/part-team-*.wasm';
    await page.route(team, (route) => route.abort());
    await page.getByRole('navigation').getByRole('link', { name: 'Team' }).first().click();
    await page.getByRole('alert').getByText('The server did not send it.').waitFor();
    await examineAll(page, 'part-failed');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('alert').getByText('The server did not send it.').waitFor();

    // Others are there as before, and back again it is tried anew.
    await page.getByRole('navigation').getByRole('link', { name: 'Reference' }).first().click();
    await page.getByRole('heading', { name: 'Reference', level: 1 }).waitFor();
    await page.unroute(team);
    await page.goBack();
    await page.getByRole('heading', { name: 'Team', level: 1 }).waitFor();
  }),
);
