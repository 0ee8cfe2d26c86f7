'use strict';
// What the checks share: the hub under test, identities that belong to one check alone, and
// clients that are closed when a file's checks are over. Checks depend on no other check and on
// no speed: they wait for what they want to see, with a deadline.

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const fs = require('node:fs');
const https = require('node:https');
const { setTimeout } = require('node:timers/promises');
const { after } = require('node:test');

const { Client: ServiceClient, JobClient, Registry } = require('azure-iothub');
const { Client: DeviceClient, ModuleClient } = require('azure-iot-device');
const { Mqtt, MqttWs } = require('azure-iot-device-mqtt');
const mqtt = require('mqtt');

const hub = JSON.parse(fs.readFileSync(process.env.TWINDECK_HUB_FILE, 'utf8'));
const ca = fs.readFileSync(hub.caFile, 'utf8');
const host = /HostName=([^;]+)/.exec(hub.connectionString)[1];
assert.equal(process.env.NODE_EXTRA_CA_CERTS, hub.caFile, 'NODE_EXTRA_CA_CERTS must name the CA of the hub');
assert.doesNotMatch(host, /:/, 'the hub must be on port 443');

const registry = Registry.fromConnectionString(hub.connectionString);
const service = ServiceClient.fromConnectionString(hub.connectionString);
const jobs = JobClient.fromConnectionString(hub.connectionString);

// The SDKs answer with a list on some operations and with a pair on others.
const body = (answer) => answer.responseBody ?? answer.result ?? answer.jobStatus ?? answer;

// refused returns the error that a promise must end with, and its HTTP status when there is one.
async function refused(promise, status) {
  const err = await promise.then(() => assert.fail('was accepted'), (e) => e);
  if (status !== undefined) assert.equal(err.response?.statusCode ?? err.statusCode, status, err.message);
  return err;
}

// patience is how long something that must happen may take, in milliseconds.
const patience = Number(process.env.CONFORMANCE_DEADLINE ?? 20000);

// until returns the first truthy value of a condition.
async function until(what, condition, milliseconds = patience) {
  const deadline = Date.now() + milliseconds;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > deadline) assert.fail(`not within ${milliseconds} ms: ${what}`);
    await setTimeout(25);
  }
}

// within bounds a promise that might never end.
async function within(what, promise, milliseconds = patience) {
  const stop = new AbortController();
  const late = setTimeout(milliseconds, undefined, { signal: stop.signal })
    .then(() => assert.fail(`not within ${milliseconds} ms: ${what}`), () => {});
  try {
    return await Promise.race([promise, late]);
  } finally {
    stop.abort();
  }
}

// called turns the last callback of an SDK's function into a promise.
const called = (start) => new Promise((resolve, reject) => {
  start((err, value) => (err ? reject(err) : resolve(value)));
});

const run = `${Date.now().toString(36)}${crypto.randomBytes(3).toString('hex')}`;
let ids = 0;
const newId = (suffix = '') => `conformance-${run}-${++ids}${suffix}`;

const created = new Set();
const open = new Set();

async function newDevice(fields = {}) {
  const deviceId = fields.deviceId ?? newId();
  created.add(deviceId);
  return body(await registry.create({ deviceId, ...fields }));
}

async function newModule(fields = {}) {
  const deviceId = fields.deviceId ?? (await newDevice()).deviceId;
  return body(await registry.addModule({ deviceId, moduleId: 'myFirstModule', ...fields }));
}

const primaryKey = (identity) => identity.authentication.symmetricKey.primaryKey;

function connectionString(identity, key = primaryKey(identity)) {
  const module = identity.moduleId ? `;ModuleId=${identity.moduleId}` : '';
  return `HostName=${host};DeviceId=${identity.deviceId}${module};SharedAccessKey=${key}`;
}

// client returns the SDK's client of an identity, not yet connected. It does not come back by
// itself, which would hide that it was thrown out, unless a check gives it a retry policy.
async function client(identity, { transport = Mqtt, key, options = {} } = {}) {
  const kind = identity.moduleId ? ModuleClient : DeviceClient;
  const c = kind.fromConnectionString(connectionString(identity, key), transport);
  await c.setOptions({ ca, ...options });
  c.setRetryPolicy(noRetry);
  open.add(c);
  return c;
}

const noRetry = { shouldRetry: () => false, nextRetryTimeout: () => 0 };
const alwaysRetry = { shouldRetry: () => true, nextRetryTimeout: () => 50 };

async function connect(identity, options) {
  const c = await client(identity, options);
  await c.open();
  return c;
}

// drop cuts the socket under a client of the SDK, as a network does.
const drop = (c) => c._transport._mqtt._mqttClient.stream.destroy();

// desired collects the patches that a client receives, by version. The SDK hands a new listener
// the section that it has read first, which is not a patch.
async function desired(c) {
  const twin = await c.getTwin();
  const read = twin.properties.desired.$version;
  const patches = new Map();
  twin.on('properties.desired', (patch) => {
    if (patch.$version > read) patches.set(patch.$version, structuredClone(patch));
  });
  await called((done) => twin.enableTwinDesiredPropertiesUpdates(done));
  const patch = (version) => until(`the patch with version ${version}`, () => patches.get(version));
  return { twin, patches, patch };
}

const report = (twin, patch) => called((done) => twin.properties.reported.update(patch, done));

const getTwin = async (id) => body(id.moduleId ? await registry.getModuleTwin(id.deviceId, id.moduleId) : await registry.getTwin(id.deviceId));

const updateTwin = async (id, patch, etag = '*') => body(id.moduleId
  ? await registry.updateModuleTwin(id.deviceId, id.moduleId, patch, etag)
  : await registry.updateTwin(id.deviceId, patch, etag));

const twinPath = (id) => `/twins/${encodeURIComponent(id.deviceId)}${id.moduleId ? `/modules/${encodeURIComponent(id.moduleId)}` : ''}`;

// signature makes a SAS token (Azure docs: iot-hub/authenticate-authorize-sas).
function signature(resource, key, { policy, lifetime = 3600 } = {}) {
  const sr = encodeURIComponent(resource);
  const se = Math.floor(Date.now() / 1000) + lifetime;
  const sig = crypto.createHmac('sha256', Buffer.from(key, 'base64')).update(`${sr}\n${se}`).digest('base64');
  return `SharedAccessSignature sr=${sr}&sig=${encodeURIComponent(sig)}&se=${se}${policy ? `&skn=${policy}` : ''}`;
}

const keyOf = (policy) => /SharedAccessKey=(.+)$/.exec(hub.policies[policy])[1];
const policyToken = (policy, options) => signature(host, keyOf(policy), { policy, ...options });
const resourceOf = (id) => `${host}/devices/${id.deviceId}${id.moduleId ? `/modules/${id.moduleId}` : ''}`;
const identityToken = (id, options) => signature(resourceOf(id), primaryKey(id), options);

// rest sends what the SDKs cannot be made to send, and answers whatever the status is.
function rest(method, path, { json, text = json && JSON.stringify(json), headers = {}, token = policyToken('iothubowner'), version = '2021-04-12' } = {}) {
  const separator = path.includes('?') ? '&' : '?';
  const full = version === null ? path : `${path}${separator}api-version=${version}`;
  if (token !== null) headers = { Authorization: token, ...headers };
  if (text !== undefined) headers = { 'Content-Type': 'application/json; charset=utf-8', 'Content-Length': Buffer.byteLength(text), ...headers };
  return new Promise((resolve, reject) => {
    const request = https.request({ host, path: full, method, headers, ca }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const answered = Buffer.concat(chunks).toString();
        const isJSON = /json/.test(response.headers['content-type'] ?? '');
        resolve({ status: response.statusCode, headers: response.headers, text: answered, json: isJSON && answered ? JSON.parse(answered) : undefined });
      });
    });
    request.on('error', reject);
    request.end(text);
  });
}

// raw connects to MQTT without an SDK's habits: it subscribes and reconnects only when told.
// messages holds all that has arrived.
async function raw(id, { clean = true, password = identityToken(id), will, keepalive = 60, username, clientId, version = 4, key, cert } = {}) {
  clientId ??= id.moduleId ? `${id.deviceId}/${id.moduleId}` : id.deviceId;
  username ??= `${host}/${clientId}/?api-version=2019-10-01`;
  const c = mqtt.connect(`mqtts://${host}`, {
    ca, key, cert, clientId, clean, will, keepalive, username, password, protocolVersion: version, reconnectPeriod: 0, resubscribe: false,
  });
  open.add({ close: () => called((done) => c.end(true, {}, done)) });
  c.messages = [];
  c.on('message', (topic, payload, { dup }) => c.messages.push({ topic, text: payload.toString(), dup }));
  const connack = await within('CONNACK', new Promise((resolve, reject) => {
    c.once('connect', resolve);
    c.once('error', reject);
    c.once('close', () => reject(new Error('closed before CONNACK')));
  }));
  c.on('error', () => {}); // a connection that is cut is seen by its close
  c.sessionPresent = connack.sessionPresent;
  c.arrived = (what, test) => until(what, () => c.messages.find((m) => test(m.topic, m.text)));
  return c;
}

const subscribe = (c, filter, qos = 0) => called((done) => c.subscribe(filter, { qos }, done));
const publish = (c, topic, payload = '', qos = 0) => called((done) => c.publish(topic, payload, { qos }, done));

// queryAll follows a query to its end and returns its pages.
async function pagesOf(text, size) {
  const query = registry.createQuery(text, size);
  const pages = [];
  while (query.hasMoreResults) pages.push(body(await query.next(query.continuationToken)));
  return pages;
}
const queryAll = async (text, size) => (await pagesOf(text, size)).flat();

after(async () => {
  // close never ends for a client that has lost its connection already.
  await Promise.race([Promise.allSettled([...open].map((c) => c.close())), setTimeout(500)]);
  await Promise.allSettled([...created].map((id) => registry.delete(id)));
});

module.exports = {
  DeviceClient, Mqtt, MqttWs, Registry, ServiceClient,
  alwaysRetry, body, ca, called, client, connect, connectionString, created, desired, drop, getTwin, host, hub, identityToken,
  jobs, keyOf, newDevice, newId, newModule, pagesOf, policyToken, primaryKey, publish, queryAll, raw, refused, registry, report,
  resourceOf, rest, service, setTimeout, signature, subscribe, twinPath, until, updateTwin, within,
};
