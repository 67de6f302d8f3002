// A server with a document root of its own, on a port of the kernel's choice, started as systemd would.
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const CHANGED = new Date('2020-01-02T03:04:05Z');

export class Site {
  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'hellod-site-'));
    this.root = join(this.folder, 'root');
    for (const name of ['hello.html', '404.html']) {
      mkdirSync(this.root, { recursive: true });
      copyFileSync(join('www', name), join(this.root, name));
      utimesSync(join(this.root, name), CHANGED, CHANGED);
    }
  }

  file(name, data) {
    const path = join(this.root, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, data);
    utimesSync(path, CHANGED, CHANGED);
    utimesSync(dirname(path), CHANGED, CHANGED);
  }

  async start(rules) {
    const ini = join(this.folder, 'hello.ini');
    writeFileSync(ini, `[server]\ndocument_root = root\n${rules}`);
    const listener = createServer();
    await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve));
    this.base = `http://127.0.0.1:${listener.address().port}`;
    this.errors = join(this.folder, 'errors');
    // LISTEN_PID must be the server's own: only a shell that becomes it can tell.
    this.process = spawn('/bin/sh', ['-c', 'LISTEN_PID=$$ exec "$@"', 'sh', process.env.HELLOD || 'build/hellod', '--config', ini], {
      env: { ...process.env, LISTEN_FDS: '1', LISTEN_FDNAMES: 'hello.socket' },
      stdio: ['ignore', 'ignore', openSync(this.errors, 'w'), listener._handle.fd],
    });
    this.ended = new Promise((resolve) => this.process.on('close', (status) => resolve(status)));
    listener.close(); // the server has its own by now
  }

  // What it said that a healthy server does not say.
  async stop() {
    this.process.kill('SIGTERM');
    const status = await this.ended;
    const said = readFileSync(this.errors, 'utf8');
    rmSync(this.folder, { recursive: true, force: true });
    return status === 0 && !/rror|annot|an't|Sanitizer/.test(said) ? '' : `the server ended with ${status}:\n${said}`;
  }
}
