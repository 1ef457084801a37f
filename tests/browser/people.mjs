// People on the page: how they are invited, and how they come in.
import { PATIENCE } from './harness.mjs';

/** A password that is long enough, of one's own for each name. */
export const passwordOf = (name) => `${name} likes quiet harbours`;

/** The row of a person in the list of people. */
export const personRow = (page, name) =>
  page
    .getByRole('table', { name: 'Who is here' })
    .getByRole('row')
    .filter({ has: page.getByText(name, { exact: true }) });

/** Goes to the list of people as one who looks for it does. */
export async function goToPeople(page) {
  await page.getByRole('link', { name: 'People', exact: true }).first().click();
  await page.getByRole('table', { name: 'Who is here' }).getByText('you', { exact: true }).waitFor();
}

/** An admin invites somebody on the page; gives the link that they get, once `look` has looked at it. */
export async function invite(page, name, role, look = async () => {}) {
  await page.getByRole('button', { name: 'Invite', exact: true }).click();
  const question = page.getByRole('dialog', { name: 'Invite somebody' });
  await question.getByLabel('Name').fill(name);
  await question.getByLabel('Role').selectOption(role);
  await question.getByRole('button', { name: 'Invite', exact: true }).click();
  const answer = page.getByRole('dialog', { name: `The link for ${name}` });
  const link = await answer.locator('.copyline__text').innerText();
  await look();
  await answer.getByRole('button', { name: 'Done' }).click();
  await answer.waitFor({ state: 'hidden' });
  return link;
}

/** Where a page says who is signed in, which leads to their account. */
export const accountLink = (page, name) =>
  page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: new RegExp(`^${name} `) });

/** Gives the person of a page a password, by their account's page. */
export async function setPassword(page, name) {
  await accountLink(page, name).click();
  await page.getByText('none yet: without one you sign in by links').waitFor();
  await page.getByLabel('New password').fill(passwordOf(name));
  await page.getByRole('button', { name: 'Set password' }).click();
  await page.getByText('you sign in by your name and your password').waitFor();
}

/** Signs out by the page. */
export async function signOut(page, name) {
  await page.getByRole('button', { name: `Sign out ${name}` }).click();
  await page.waitForURL(/\/login/);
}

/** Signs in by name and password. */
export async function signIn(page, name, password = passwordOf(name)) {
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Waits for the page behind the login. */
export async function isIn(page) {
  await page.waitForURL((url) => !url.pathname.startsWith('/login'), { timeout: PATIENCE });
  await page.getByRole('navigation', { name: 'Main' }).first().waitFor();
}

/** What a button says to whoever rests the pointer on it. */
export const reason = (button) => button.getAttribute('title');
