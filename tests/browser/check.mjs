// What people see: the pages of a site in Chromium, light and dark, and what the browser asks for meanwhile.
//
//     node tests/browser/check.mjs FOLDER      (from the top of the tree; pictures go into the folder)
//
// Speaks as cmocka does, for tests/check to count.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { Browser } from './devtools.mjs';
import { Site } from './site.mjs';

const pictures = process.argv[2] ?? 'build/browser';
const schemes = ['light', 'dark'];
const rules = `listing = off
sleep = off
[path /files/*]
listing = on
[path /app/*]
fallback = /app/index.html
[redirect]
/old/* = /files/*
`;

const page = (body) => `<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>page</title>
<link rel="icon" href="data:,"><body>${body}</body></html>`;

// 20 s of one colour in VP9, of two kilobytes: its index stands at the end, and between that and the pictures goes a
// box that means nothing, so large that the browser must leap over it.
function clip(padding) {
  const whole = readFileSync('tests/browser/clip.mp4');
  const index = whole.indexOf('moov') - 4;
  const box = Buffer.alloc(padding);
  box.writeUInt32BE(padding);
  box.write('free', 4);
  return Buffer.concat([whole.subarray(0, index), box, whole.subarray(index)]);
}

function makeSite() {
  const site = new Site();
  const script = `document.title = 'it ran'; // ${'a comment '.repeat(200)}`;
  site.file('files/notes.txt', 'notes');
  site.file('files/<b>&"\'.txt', 'a name');
  site.file('files/javascript:alert(1)', 'a name');
  site.file('files/50% off #1?.html', page('a strange name'));
  site.file('files/grün.txt', 'a name');
  site.file('files/large.bin', Buffer.alloc(5 << 20));
  site.file('files/sub/inner.txt', 'inner');
  site.file('files/photos/index.html', page('photos'));
  site.file('clip.mp4', clip(8 << 20));
  site.file('video.html', page('<video src="clip.mp4" preload="metadata"></video>'));
  site.file('coded.html', page('<script src="coded.js"></script>'));
  site.file('coded.js', script);
  site.file('coded.js.gz', gzipSync(script));
  site.file('coded.js.br', brotliCompressSync(script));
  site.file('app/index.html', page('<h1>app</h1><script src="/app/main.js"></script>'));
  site.file('app/main.js', script);
  return site;
}

// Nothing was asked for elsewhere, nothing failed, and the console is empty but for what is expected.
function assertClean(tab, site, expected = []) {
  for (const request of tab.requests) {
    assert.ok(request.url.startsWith(site.base + '/') || request.url.startsWith('data:'), `asked for ${request.url}`);
    assert.equal(request.failed, undefined, request.url);
  }
  const complaints = tab.complaints.filter((text) => !expected.some((part) => text.includes(part)));
  assert.deepEqual(complaints, []);
}

const first = (tab) => tab.requests[0];
const text = (tab, selector) => tab.evaluate(`document.querySelector(${JSON.stringify(selector)}).textContent`);
const background = (tab) => tab.evaluate('getComputedStyle(document.body).backgroundColor');
const isDark = async (tab) => Math.max(...(await background(tab)).match(/\d+/g).slice(0, 3)) < 80;

async function see(tab, scheme, name) {
  assert.equal(await isDark(tab), scheme === 'dark', `${name}, ${scheme}: ${await background(tab)}`);
  assert.equal(await tab.evaluate('document.documentElement.scrollWidth > innerWidth'), false, `${name} is too wide`);
  writeFileSync(`${pictures}/${name}-${scheme}.png`, await tab.screenshot());
}

// Both pictures side by side.
async function pair(browser, name, height = 400) {
  const tab = await browser.open();
  const images = schemes.map((scheme) => readFileSync(`${pictures}/${name}-${scheme}.png`).toString('base64'));
  await tab.resize(1280, height);
  await tab.evaluate(`Promise.all(${JSON.stringify(images)}.map((data) => {
    document.body.style = 'margin: 0; display: flex';
    const image = document.body.appendChild(new Image());
    image.src = 'data:image/png;base64,' + data;
    return image.decode();
  }))`);
  writeFileSync(`${pictures}/${name}.png`, await tab.screenshot());
  await tab.close();
}

const tests = {
  async 'the front page'({ browser, site }) {
    for (const scheme of schemes) {
      const tab = await browser.open(scheme);
      await tab.goto(site.base + '/');
      assertClean(tab, site);
      assert.equal(first(tab).response.status, 200);
      assert.equal(await text(tab, 'h1'), 'Hello!');
      await see(tab, scheme, 'hello');
      await tab.close();
    }
    await pair(browser, 'hello');
  },

  async 'a page that is not there'({ browser, site }) {
    for (const scheme of schemes) {
      const tab = await browser.open(scheme);
      await tab.goto(site.base + '/nothing');
      assertClean(tab, site, ['404 (Not Found)']); // the page itself
      assert.equal(first(tab).response.status, 404);
      assert.match(await text(tab, 'h1'), /Oops!/);
      await see(tab, scheme, '404');
      await tab.loaded(() => tab.evaluate(`document.querySelector('a').click()`));
      assert.equal(await text(tab, 'h1'), 'Hello!');
      await tab.close();
    }
    await pair(browser, '404');
  },

  async 'a page for another error'({ browser, site }) {
    for (const scheme of schemes) {
      const tab = await browser.open(scheme);
      await tab.goto(site.base + '/%zz');
      assertClean(tab, site, ['400 (Bad Request)']);
      assert.equal(await text(tab, 'h1'), 'Bad Request');
      await see(tab, scheme, '400');
      await tab.close();
    }
  },

  async 'a folder and what is in it'({ browser, site }) {
    for (const scheme of schemes) {
      const tab = await browser.open(scheme);
      await tab.goto(site.base + '/files');
      assertClean(tab, site);
      await tab.resize(640, 460);
      assert.equal(await tab.evaluate('location.pathname'), '/files/');
      const names = await tab.evaluate(`[...document.querySelectorAll('td a')].map((a) => a.textContent)`);
      const expected = ['..', 'photos/', 'sub/', '50% off #1?.html', `<b>&"'.txt`, 'grün.txt', 'javascript:alert(1)'];
      assert.deepEqual(names, [...expected, 'large.bin', 'notes.txt']);
      await see(tab, scheme, 'listing');
      await tab.close();
    }
    await pair(browser, 'listing', 460);
  },

  async 'every link of a folder leads to what it names'({ browser, site }) {
    const tab = await browser.open();
    await tab.goto(site.base + '/files/');
    const found = await tab.evaluate(`Promise.all([...document.querySelectorAll('td a:not([href="../"])')].map(
      async (a) => [a.textContent, a.protocol, (await fetch(a.href, { method: 'HEAD' })).status]))`);
    assert.equal(found.length, 8);
    for (const [name, protocol, status] of found) assert.deepEqual([protocol, status], ['http:', 200], name);
    await tab.loaded(() => tab.evaluate(`document.querySelector('a[href="./sub/"]').click()`));
    assert.equal(await text(tab, 'tbody tr:last-child a'), 'inner.txt');
    await tab.loaded(() => tab.evaluate(`document.querySelector('h1 a[href="../"]').click()`));
    assert.equal(await tab.evaluate('location.pathname'), '/files/');
    assertClean(tab, site);
    await tab.close();
  },

  async 'a redirection'({ browser, site }) {
    const tab = await browser.open();
    await tab.goto(site.base + '/old/sub?q=1');
    assertClean(tab, site);
    assert.deepEqual(tab.requests.map(({ url, response }) => [url, response.status]), [
      [`${site.base}/old/sub?q=1`, 301],
      [`${site.base}/files/sub?q=1`, 301],
      [`${site.base}/files/sub/?q=1`, 200],
    ]);
    await tab.close();
  },

  async 'a script in gzip or br, and an application of one page'({ browser, site }) {
    const tab = await browser.open();
    await tab.goto(site.base + '/coded.html');
    assertClean(tab, site);
    assert.match(tab.requests[1].response.headers['Content-Encoding'], /^(br|gzip)$/);
    assert.equal(await tab.evaluate('document.title'), 'it ran');
    await tab.goto(site.base + '/app/users/7/edit');
    assertClean(tab, site);
    assert.equal(await text(tab, 'h1'), 'app');
    assert.equal(await tab.evaluate('document.title'), 'it ran');
    assert.equal(await tab.evaluate(`fetch('/app/missing.js').then((response) => response.status)`), 404);
    await tab.close();
  },

  async 'a video leaps to any second'({ browser, site }) {
    const tab = await browser.open();
    await tab.goto(site.base + '/video.html');
    const leap = (second) => `new Promise((resolve, reject) => {
      const video = document.querySelector('video');
      const leap = () => { video.onseeked = () => resolve(video.currentTime); video.currentTime = ${second}; };
      video.onerror = () => reject(video.error);
      if (video.error) reject(video.error);
      if (video.readyState > 0) leap(); else video.onloadedmetadata = leap;
    })`;
    assert.equal(await tab.evaluate(leap(15)), 15);
    assert.equal(await tab.evaluate(leap(3)), 3);
    assert.equal(await tab.evaluate(`Math.round(document.querySelector('video').duration)`), 20);
    assert.equal(await tab.evaluate(`document.querySelector('video').seekable.end(0) > 19`), true);
    const parts = tab.requests.filter(({ url }) => url.endsWith('.mp4'));
    const starts = parts.map(({ headers }) => Number(/bytes=(\d+)-/.exec(headers.Range)?.[1]));
    assert.ok(Math.max(...starts) > 8000000, `no range was asked for behind the gap: ${starts}`);
    for (const { response } of parts) assert.equal(response.status, 206);
    await tab.close();
  },

  async 'a connection is kept, and what has not changed is not sent again'({ browser, site }) {
    const tab = await browser.open();
    await tab.goto(site.base + '/coded.html');
    await tab.goto(site.base + '/hello.html');
    assert.equal(first(tab).response.connectionReused, true);
    await tab.reload();
    assertClean(tab, site);
    await tab.until(() => first(tab).status, 'the status behind a reload');
    assert.equal(first(tab).status, 304);
    await tab.goto(site.base + '/coded.html');
    await tab.back();
    assertClean(tab, site);
    assert.equal(await text(tab, 'h1'), 'Hello!');
    for (const { status, response } of tab.requests)
      assert.ok(status === 304 || response.fromDiskCache, `Back was answered by ${status}`);
    await tab.close();
  },
};

mkdirSync(pictures, { recursive: true });
const site = makeSite();
const browser = new Browser();
const failed = [];
await site.start(rules);
for (const [name, test] of Object.entries(tests)) {
  console.log(`[ RUN      ] ${name}`);
  try {
    await test({ browser, site });
    console.log(`[       OK ] ${name}`);
  } catch (error) {
    console.log(`${error.stack}\n[  FAILED  ] ${name}`);
    failed.push(name);
  }
}
await browser.close();
const noise = await site.stop();
if (noise) failed.push(noise);
console.log(`[  PASSED  ] ${Object.keys(tests).length - failed.filter((name) => name in tests).length} test(s).`);
if (failed.length > 0) console.log(`[  FAILED  ] ${failed.length} test(s): ${failed.join(', ')}`);
process.exit(failed.length > 0 ? 1 : 0);
