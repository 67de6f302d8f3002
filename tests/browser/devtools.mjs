// Chromium without a window, spoken to by the DevTools protocol over a pipe: JSON messages with a NUL behind each.
// No package is needed for that, and no port.
import { spawn } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PATIENCE_MS = 20000; // only ends what has failed

const flags = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage', '--mute-audio', '--remote-debugging-pipe',
  // Back is to ask the cache or the server, not to show what was kept in memory.
  '--disable-features=BackForwardCache', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
];

// Rejects when the promise takes too long.
export function within(promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing came of it: ${what}`)), PATIENCE_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

export class Browser {
  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'hellod-browser-'));
    this.errors = join(this.folder, 'errors');
    this.waiting = new Map();
    this.pages = new Map();
    this.last = 0;
    this.rest = '';
    this.process = spawn(process.env.CHROMIUM || 'chromium', [...flags, `--user-data-dir=${this.folder}/profile`], {
      stdio: ['ignore', 'ignore', openSync(this.errors, 'w'), 'pipe', 'pipe'],
    });
    this.ended = new Promise((resolve) => this.process.on('close', resolve));
    this.process.on('error', (error) => this.fail(error));
    this.ended.then((status) => this.fail(new Error(`the browser ended: ${status}\n${readFileSync(this.errors)}`)));
    this.process.stdio[3].on('error', () => {});
    this.process.stdio[4].setEncoding('utf8').on('data', (text) => this.receive(text));
  }

  fail(error) {
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
  }

  receive(text) {
    const messages = (this.rest + text).split('\0');
    this.rest = messages.pop();
    for (const message of messages.map((each) => JSON.parse(each))) {
      const waiter = this.waiting.get(message.id);
      this.waiting.delete(message.id);
      if (waiter && message.error) waiter.reject(new Error(`${waiter.method}: ${message.error.message}`));
      else if (waiter) waiter.resolve(message.result);
      else if (message.method) this.pages.get(message.sessionId)?.handle(message.method, message.params);
    }
  }

  send(method, params = {}, sessionId = undefined) {
    const id = ++this.last;
    const answer = new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject, method }));
    this.process.stdio[3].write(JSON.stringify({ id, method, params, sessionId }) + '\0');
    return within(answer, method);
  }

  async open(scheme = 'light') {
    const { targetId } = await this.send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
    const page = new Page(this, sessionId, targetId);
    this.pages.set(sessionId, page);
    for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await page.send(`${domain}.enable`);
    await page.send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: scheme }] });
    await page.send('Emulation.setScrollbarsHidden', { hidden: true });
    await page.resize(640, 400);
    return page;
  }

  async close() {
    await this.send('Browser.close').catch(() => {});
    await within(this.ended, 'the end of the browser').catch(() => this.process.kill('SIGKILL'));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

// A tab, and all that was said and asked for in it: `complaints` are errors and warnings of its console,
// `requests` are in their order, each with what is known of its response.
export class Page {
  constructor(browser, sessionId, targetId) {
    Object.assign(this, { browser, sessionId, targetId, complaints: [], requests: [], byId: new Map(), loads: 0 });
  }

  send(method, params) {
    return this.browser.send(method, params, this.sessionId);
  }

  handle(method, params) {
    const of = {
      'Runtime.consoleAPICalled': () => this.complaints.push(`console.${params.type}`),
      'Runtime.exceptionThrown': () => this.complaints.push(params.exceptionDetails.text),
      'Log.entryAdded': () => this.complaints.push(`${params.entry.text} ${params.entry.url ?? ''}`),
      'Network.requestWillBeSent': () => this.noteRequest(params),
      'Network.responseReceived': () => this.note(params.requestId, { response: params.response }),
      'Network.responseReceivedExtraInfo': () => this.note(params.requestId, { status: params.statusCode }),
      'Network.loadingFailed': () => this.note(params.requestId, { failed: params.errorText }),
      'Page.loadEventFired': () => this.loads++,
    };
    of[method]?.();
    this.wake?.();
  }

  noteRequest({ requestId, request, redirectResponse }) {
    if (redirectResponse) {
      this.byId.get(requestId).response = redirectResponse;
      this.byId.delete(requestId);
    }
    this.note(requestId, { url: request.url, headers: request.headers });
    this.requests.push(this.byId.get(requestId));
  }

  // What is told of a request may come before the request itself.
  note(requestId, what) {
    this.byId.set(requestId, Object.assign(this.byId.get(requestId) ?? {}, what));
  }

  // Waits until an event makes the condition true.
  async until(condition, what) {
    while (!condition()) await within(new Promise((resolve) => (this.wake = resolve)), what);
  }

  async loaded(action) {
    const loads = this.loads;
    this.complaints = [];
    this.requests = [];
    await action();
    await this.until(() => this.loads > loads, 'a page to load');
  }

  goto(url) {
    return this.loaded(() => this.send('Page.navigate', { url }));
  }

  reload() {
    return this.loaded(() => this.send('Page.reload'));
  }

  async back() {
    const { currentIndex, entries } = await this.send('Page.getNavigationHistory');
    return this.loaded(() => this.send('Page.navigateToHistoryEntry', { entryId: entries[currentIndex - 1].id }));
  }

  // The value of an expression, waited for where it is a promise.
  async evaluate(expression) {
    const options = { expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = await this.send('Runtime.evaluate', options);
    if (exceptionDetails) throw new Error(`${expression}: ${exceptionDetails.exception?.description}`);
    return result.value;
  }

  resize(width, height) {
    return this.send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: false });
  }

  async screenshot() {
    const { data } = await this.send('Page.captureScreenshot', { format: 'png' });
    return Buffer.from(data, 'base64');
  }

  close() {
    this.browser.pages.delete(this.sessionId);
    return this.browser.send('Target.closeTarget', { targetId: this.targetId });
  }
}
