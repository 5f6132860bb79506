// The app in use: live readings, keyboard, fingers, small screens, large text, no network, and what must be forgotten.
import test from 'node:test';
import assert from 'node:assert/strict';
import { axe, Bench, overflow, picture } from './page.mjs';
import { NOW } from './scenes.mjs';

const bench = await Bench.open();
test.after(() => bench.close());

const reading = (at, mg_dl, trend = 'flat') => ({ at, mg_dl, trend });
const entry = (person, told) => ({ person, kind: 'taken', reading: told, latest: told, delta: { mg_dl: -7, minutes: 5 }, shown: person.replace('p_', 's_'), interval_ms: 300_000, fresh_ms: 360_000, late_ms: 720_000 });

async function opened(scene, options) {
  bench.stub.show(scene);
  return bench.page(options);
}

async function streaming() {
  for (let turn = 0; turn < 100 && bench.stub.streams.size === 0; turn += 1) await new Promise((done) => setTimeout(done, 50));
  assert.ok(bench.stub.streams.size > 0, 'the page opened its stream');
}

test('one document and one script stand before the reading', async () => {
  bench.stub.show('several');
  bench.stub.requests = [];
  const page = await bench.page();
  assert.deepEqual(bench.stub.requests.slice(0, 2).map((each) => each.replace(/-[0-9a-f]+\./, '.')), ['GET /', 'GET /assets/app.js']);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('a new reading is on the screen at once, and a change of level is said', async () => {
  const page = await opened('fresh');
  await streaming();
  const before = Date.now();
  bench.stub.tell('entry', entry('p_ada', reading(NOW, 66, 'forty_five_down')), 'c2');
  await page.waitForFunction(() => document.querySelector('.value')?.textContent === '66');
  assert.ok(Date.now() - before < 2_000);
  assert.equal(await page.locator('[role=alert]').innerText(), 'Ada: Low, 66 milligrams per decilitre');
  bench.stub.tell('entry', entry('p_ada', reading(NOW + 1, 65, 'flat')), 'c3');
  await page.waitForFunction(() => document.querySelector('.value')?.textContent === '65');
  assert.equal(await page.locator('[role=status]').first().innerText(), '');
  await page.context().close();
});

test('who needs a look moves up, but not within ten seconds of a touch', async () => {
  const page = await opened('several');
  await streaming();
  const names = () => page.locator('.card-name').allInnerTexts();
  assert.deepEqual(await names(), ['Cleo', 'Ada', 'Dan', 'Ben']);
  await page.mouse.click(380, 5);
  bench.stub.tell('entry', entry('p_cleo', reading(NOW, 110)), 'c2');
  await page.waitForFunction(() => document.querySelectorAll('.is-stale').length === 0);
  assert.deepEqual(await names(), ['Cleo', 'Ada', 'Dan', 'Ben']);
  await page.clock.runFor(11_000);
  await page.waitForFunction(() => document.querySelector('.card-name')?.textContent === 'Ada');
  assert.match(await page.locator('p[role=status]').last().innerText(), /moved to place/);
  await page.context().close();
});

test('everything by keyboard: skip link, charts, screens, and focus goes to the heading', async () => {
  const page = await opened('several');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement?.className), 'skip');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  assert.match(await page.evaluate(() => document.activeElement?.textContent ?? ''), /Cleo, old reading/);
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineWidth);
  assert.equal(outline, '3px');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.activeElement?.tagName === 'H1');
  assert.equal(await page.title(), 'Cleo · Keepwatch');
  const canvas = page.locator('.canvas');
  await canvas.focus();
  await page.keyboard.press('ArrowLeft');
  assert.match(await page.locator('.readout').innerText(), /^02:10: 104 mg\/dL, In range$/);
  await page.keyboard.press('ArrowLeft');
  assert.match(await page.locator('.readout').innerText(), /^02:05: /);
  await page.keyboard.press('Home');
  assert.match(await page.locator('.readout').innerText(), /^23:3/);
  await page.keyboard.press('Escape');
  assert.match(await page.locator('.readout').innerText(), /Tap the chart/);
  await page.locator('.bar a').last().focus();
  await page.keyboard.press('Enter');
  await page.waitForSelector('#about');
  assert.equal(await page.title(), 'More · Keepwatch');
  await page.goBack();
  await page.waitForFunction(() => document.title.startsWith('Cleo'));
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('focus is never hidden behind the bar', async () => {
  const page = await opened('gaps');
  for (let tab = 0; tab < 14; tab += 1) {
    await page.keyboard.press('Tab');
    const hidden = await page.evaluate(() => {
      const at = document.activeElement;
      if (!at || at.closest('.bar') || at === document.body) return false;
      const box = at.getBoundingClientRect();
      return box.top >= document.querySelector('.bar').getBoundingClientRect().top;
    });
    assert.equal(hidden, false, `tab ${tab}`);
  }
  await page.context().close();
});

test('the chart: ranges, earlier days, table, drag and pinch', async () => {
  const page = await opened('gaps', { hasTouch: true });
  const name = () => page.locator('.chart-svg').getAttribute('aria-label');
  assert.match(await name(), /23:32 to 02:32: \d+ readings, lowest \d+, highest \d+ milligrams per decilitre, \d+ % in range\. 2 gaps\./);
  await page.getByRole('button', { name: '24 h' }).click();
  assert.equal(await page.getByRole('button', { name: '24 h' }).getAttribute('aria-pressed'), 'true');
  assert.match(await name(), /^02:32 to 02:32/);
  await page.getByRole('button', { name: 'Earlier' }).click();
  for (let turn = 0; turn < 100 && !bench.stub.requests.includes('GET /api/people/p_ada/readings'); turn += 1) await new Promise((done) => setTimeout(done, 50));
  assert.ok(bench.stub.requests.includes('GET /api/people/p_ada/readings'));
  assert.match(await name(), /^14:32 to 14:32/);
  await page.getByRole('button', { name: 'Later' }).click();
  await page.getByRole('button', { name: '3 h' }).click();
  await page.getByText('Show as table').click();
  await page.waitForSelector('table');
  assert.ok((await page.locator('tbody tr').count()) > 20);
  assert.match(await page.locator('.table').innerText(), /no readings/);
  assert.deepEqual(await axe(page), []);
  await page.evaluate(() => window.scrollTo(0, 0));
  const box = await page.locator('.canvas').boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + 100];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + 50, y, { steps: 5 });
  await page.mouse.up();
  assert.doesNotMatch(await name(), /to 02:32/);
  await page.mouse.dblclick(x, y);
  assert.match(await name(), /23:32 to 02:32/);
  const cdp = await page.context().newCDPSession(page);
  const touch = (type, ...xs) => cdp.send('Input.dispatchTouchEvent', { type, touchPoints: xs.map((each, id) => ({ x: each, y, id })) });
  await touch('touchStart', x - 30, x + 30);
  for (let step = 1; step <= 6; step += 1) await touch('touchMove', x - 30 - 15 * step, x + 30 + 15 * step);
  await touch('touchEnd');
  await page.waitForFunction((before) => document.querySelector('.chart-svg')?.getAttribute('aria-label') !== before, await name()).catch(() => undefined);
  const hours = await page.locator('.chart > h2 .quiet').innerText();
  assert.notEqual(hours, '23:32–02:32');
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('320 px, 200 % text, wide text spacing, landscape: nothing is cut off', async () => {
  for (const scene of ['low', 'broken-sensor', 'several', 'several-more', 'above', 'clock-suspect']) {
    const narrow = await opened(scene, { viewport: { width: 320, height: 640 } });
    assert.equal(await overflow(narrow), 0, `${scene} at 320`);
    await narrow.evaluate(() => { document.documentElement.style.fontSize = '200%'; });
    await narrow.evaluate(() => window.dispatchEvent(new Event('resize')));
    await narrow.waitForTimeout(50);
    assert.equal(await overflow(narrow), 0, `${scene} at 320 with 200 % text`);
    await narrow.context().close();
    const page = await opened(scene);
    await page.evaluate(() => { document.documentElement.style.fontSize = '200%'; });
    assert.equal(await overflow(page), 0, `${scene} with 200 % text`);
    await picture(page, `${scene}-large-text`);
    await page.evaluate(() => {
      document.documentElement.style.fontSize = '';
      for (const each of document.querySelectorAll('main *')) Object.assign(each.style, { lineHeight: '1.5', letterSpacing: '0.12em', wordSpacing: '0.16em' });
    });
    assert.equal(await overflow(page), 0, `${scene} with wide spacing`);
    await page.setViewportSize({ width: 844, height: 390 });
    assert.equal(await overflow(page), 0, `${scene} in landscape`);
    await page.context().close();
  }
  const more = await opened('several', { viewport: { width: 320, height: 640 }, path: '/app/more', settings: { schedule: true } });
  await more.waitForSelector('#about');
  await more.evaluate(() => { document.documentElement.style.fontSize = '200%'; });
  assert.equal(await overflow(more), 0);
  await more.context().close();
});

test('targets are large, four cards fit a phone, wide screens get columns', async () => {
  const page = await opened('several');
  const bar = await page.locator('.bar').boundingBox();
  const last = await page.locator('.cards > li').last().boundingBox();
  assert.ok(last.y + last.height <= bar.y, 'four cards above the bar');
  const small = await page.evaluate(() => [...document.querySelectorAll('a, button, input, summary')].filter((each) => !each.matches('.skip')).map((each) => each.getBoundingClientRect()).filter((box) => box.height < 48 || box.width < 48).length);
  assert.equal(small, 0);
  for (const [width, columns] of [[768, 2], [1280, 4]]) {
    await page.setViewportSize({ width, height: 900 });
    const tops = await page.evaluate(() => [...document.querySelectorAll('.cards > li')].map((each) => Math.round(each.getBoundingClientRect().top)));
    assert.equal(tops.filter((top) => top === tops[0]).length, columns, `${width} px`);
    await picture(page, `several-${width}`);
  }
  await page.context().close();
});

test('settings: unit, palette and reading aloud hold over a reload', async () => {
  const page = await opened('low', { path: '/app/more' });
  await page.waitForSelector('#about');
  await page.getByLabel('mmol/L').check();
  await page.getByLabel('Night', { exact: true }).check();
  await page.getByLabel('Read each new value').check();
  assert.equal(await page.locator('html').getAttribute('data-palette'), 'night');
  await page.goto(bench.stub.url);
  await page.waitForSelector('.value');
  assert.equal(await page.locator('.value').innerText(), '3.5');
  assert.equal(await page.locator('html').getAttribute('data-palette'), 'night');
  await streaming();
  await page.waitForTimeout(300);
  bench.stub.tell('entry', entry('p_ada', reading(NOW, 64)), 'c2');
  await page.waitForFunction(() => [...document.querySelectorAll('[role=status]')].some((each) => each.textContent === 'Ada, 3.6 millimoles per litre, Low'));
  await page.context().close();
});

test('on wake the age is being checked, three seconds at most', async () => {
  const page = await opened('fresh');
  await streaming();
  await page.evaluate(() => { window.fetch = () => new Promise(() => undefined); });
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await page.waitForFunction(() => document.querySelector('.age')?.textContent === 'checking…');
  await page.clock.runFor(3_000);
  await page.waitForFunction(() => document.querySelector('.age')?.textContent === '2 min ago');
  await page.context().close();
});

test('forced colours and reduced motion are honoured', async () => {
  const page = await opened('urgent-low', { forcedColors: 'active', reducedMotion: 'reduce' });
  assert.deepEqual(await axe(page), []);
  const height = await page.locator('.value').evaluate((each) => parseFloat(getComputedStyle(each).lineHeight) / parseFloat(getComputedStyle(each).fontSize));
  assert.ok(height >= 1.25);
  await picture(page, 'urgent-low-forced-colours');
  await page.context().close();
});

