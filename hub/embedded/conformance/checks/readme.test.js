'use strict';
// The programs of the README do what it says.

const assert = require('node:assert/strict');
const { execFile, spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, describe, it } = require('node:test');
const { promisify } = require('node:util');
const { created, hub, until } = require('./harness');

const node = (folder, ...args) => promisify(execFile)(process.execPath, args, { cwd: folder });

describe('the README', () => {
  let folder;
  before(() => {
    created.add('myFirstDevice');
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'conformance-'));
    fs.symlinkSync(path.join(__dirname, '../node_modules'), path.join(folder, 'node_modules'));
    fs.writeFileSync(path.join(folder, 'hub.json'), JSON.stringify(hub));
    const readme = fs.readFileSync(path.join(__dirname, '../../../../README.md'), 'utf8');
    for (const [, name, text] of readme.matchAll(/^`(\w+\.js)`.*\n\n```js\n([^]*?)^```$/gm)) fs.writeFileSync(path.join(folder, name), text);
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  it('shows the tutorial from Node', async () => {
    const { stdout: connectionString } = await node(folder, 'create.js');
    const module = spawn(process.execPath, ['module.js', connectionString.trim()], { cwd: folder });
    try {
      let printed = '';
      module.stdout.on('data', (chunk) => { printed += chunk; });
      await until('the desired properties of a new twin', () => printed.includes('received {"$version":1}\n'));
      // It prints what there is before it has subscribed to what comes.
      await until('a patch', async () => {
        await node(folder, 'update.js');
        return /received \{"telemetryInterval":122,"\$version":\d+\}\n/.test(printed);
      });
    } finally {
      module.kill();
    }
    assert.equal(module.exitCode, null, 'module.js ended by itself');
  });
});
