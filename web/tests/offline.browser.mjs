// Without a network, and after the end: what is still shown is marked, and what must go is gone.
import test from 'node:test';
import assert from 'node:assert/strict';
import { axe, Bench, picture } from './page.mjs';

const bench = await Bench.open();
test.after(() => bench.close());

const caches = (page) => page.evaluate(async () => {
  const found = {};
  for (const name of await globalThis.caches.keys()) found[name] = (await (await globalThis.caches.open(name)).keys()).map((each) => new URL(each.url).pathname);
  return found;
});
const saved = (page) => page.evaluate(async () => (await (await globalThis.caches.open('keepwatch-readings')).match('/saved/now'))?.text() ?? null);

/** A page whose worker is in charge and whose readings are saved. */
async function settled(scene) {
  bench.stub.failing = null;
  bench.stub.signedIn = true;
  bench.stub.show(scene);
  const page = await bench.page({ workers: true });
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.waitForFunction(async () => (await (await globalThis.caches.open('keepwatch-readings')).match('/saved/now')) !== undefined);
  return page;
}

test('without a network a new page opens, with the last readings marked as saved', async () => {
  const page = await settled('several');
  bench.stub.failing = 'down';
  bench.stub.cut();
  await page.goto(bench.stub.url);
  await page.waitForSelector('.card');
  assert.match(await page.locator('main').innerText(), /Saved at 02:31, not checked\./);
  assert.equal(await page.locator('.is-fresh').count(), 0, 'nothing saved looks fresh');
  await page.clock.runFor(70_000);
  await page.waitForFunction(() => /can’t be reached|offline/.test(document.querySelector('.notice')?.textContent ?? ''));
  assert.deepEqual(await axe(page), []);
  await picture(page, 'offline');
  await page.goto(`${bench.stub.url}/app/more`);
  await page.waitForSelector('#about');
  bench.stub.failing = null;
  await page.goto(bench.stub.url);
  await page.waitForFunction(() => !document.querySelector('.notice'));
  await page.context().close();
});

test('the worker keeps the shell and nothing else', async () => {
  const page = await settled('several');
  await page.goto(`${bench.stub.url}/app/p_ada`);
  await page.waitForSelector('.chart-svg');
  const kept = await caches(page);
  const shell = Object.entries(kept).filter(([name]) => name !== 'keepwatch-readings');
  assert.equal(shell.length, 1);
  for (const path of shell[0][1]) assert.match(path, /^\/assets\//);
  assert.deepEqual(kept['keepwatch-readings'], ['/saved/now']);
  const text = await page.evaluate(async () => {
    const name = (await globalThis.caches.keys()).find((each) => each.startsWith('keepwatch-shell-'));
    const cache = await globalThis.caches.open(name);
    const shell = (await cache.keys()).find((each) => each.url.includes('/shell-'));
    return (await cache.match(shell)).text();
  });
  assert.ok(!text.includes('mg_dl'), 'the shell holds no readings');
  await page.context().close();
});

test('a follow that ends is forgotten at once, on the screen and in the cache', async () => {
  const page = await settled('several');
  assert.ok((await saved(page)).includes('p_ada'));
  bench.stub.scene.people = bench.stub.scene.people.filter((each) => each.person.id !== 'p_ada');
  bench.stub.tell('ended', { person: 'p_ada' });
  await page.waitForFunction(() => !document.body.textContent.includes('Ada'));
  await page.waitForFunction(async () => !(await (await (await globalThis.caches.open('keepwatch-readings')).match('/saved/now')).text()).includes('p_ada'));
  assert.ok((await saved(page)).includes('p_ben'));
  await page.context().close();
});

test('a device that is no longer let in forgets everyone', async () => {
  const page = await settled('several');
  bench.stub.signedIn = false;
  bench.stub.cut();
  await page.waitForFunction(() => document.querySelector('h1')?.textContent === 'This device isn’t connected', null, { timeout: 15_000 });
  await page.waitForFunction(async () => !(await globalThis.caches.keys()).includes('keepwatch-readings'));
  assert.deepEqual(await axe(page), []);
  await page.context().close();
});

test('a page of somebody else, and a no that is not ours, cost nothing that is saved', async () => {
  const page = await settled('several');
  bench.stub.failing = 'foreign';
  bench.stub.cut();
  await page.waitForTimeout(300);
  await page.clock.runFor(90_000);
  assert.ok(await page.locator('.card').count() > 0);
  await page.goto(bench.stub.url);
  assert.equal(await page.locator('h1').innerText(), 'Welcome to the hotel');
  bench.stub.failing = 'down';
  await page.goto(bench.stub.url);
  await page.waitForSelector('.card');
  assert.ok((await saved(page)).includes('p_ada'));
  bench.stub.failing = null;
  await page.context().close();
});

test('a device that is let in no more and comes back to another page has nothing saved', async () => {
  const page = await settled('several');
  await page.goto('about:blank');
  bench.stub.signedIn = false;
  await page.goto(bench.stub.url);
  assert.equal(await page.locator('h1').innerText(), 'Not connected');
  await page.waitForFunction(async () => !(await globalThis.caches.keys()).includes('keepwatch-readings'));
  await page.context().close();
});

test('"Forget this device" asks once, tells the server and leaves nothing', async () => {
  const page = await settled('several');
  await page.goto(`${bench.stub.url}/app/more`);
  await page.getByRole('button', { name: 'Forget this device' }).click();
  await page.getByRole('button', { name: 'Yes, forget' }).click();
  await page.waitForFunction(() => document.body.textContent.includes('This device has forgotten everything.'));
  assert.ok(bench.stub.requests.includes('DELETE /api/device'));
  assert.ok(!Object.keys(await caches(page)).includes('keepwatch-readings'));
  assert.equal(await page.evaluate(() => localStorage.getItem('keepwatch')), null);
  await page.context().close();
});

test('a fault of the server is told as ours, with the next step', async () => {
  const page = await settled('fresh');
  bench.stub.failing = 'fault';
  bench.stub.cut();
  await page.waitForTimeout(300);
  await page.clock.runFor(90_000);
  await page.waitForFunction(() => /Keepwatch has had a fault since 02:31\. Use the meter meanwhile\./.test(document.querySelector('.notice')?.textContent ?? ''));
  await page.context().close();
});
