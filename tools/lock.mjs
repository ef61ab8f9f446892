/**
 * `npm run lock`, after changing a dependency: completes package-lock.json. Native tools come as one optional package
 * per platform. Where the registry at hand lacks some of them (mirrors do), `npm install` leaves them out without a
 * word, and from then on `npm ci` refuses the lock file. Their names say what they are for, so they are added with
 * version and platform; `npm ci` fetches only those of its own platform.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const path = 'package-lock.json';
const lock = JSON.parse(readFileSync(path, 'utf8'));
const missing = Object.values(lock.packages)
  .flatMap((entry) => Object.entries(entry.optionalDependencies ?? {}).map((wanted) => [entry, ...wanted]))
  .filter(([, name, version]) => /^\d/.test(version) && !lock.packages[`node_modules/${name}`]);

for (const [parent, name, version] of missing) {
  const [os, cpu, abi = ''] = name.replace(/^.*\/(?:binding-)?/, '').split('-');
  const libc = { gnu: 'glibc', gnueabihf: 'glibc', musl: 'musl', musleabihf: 'musl' }[abi];
  lock.packages[`node_modules/${name}`] = {
    version,
    cpu: [cpu],
    ...(parent.dev ? { dev: true } : {}),
    ...(libc ? { libc: [libc] } : {}),
    ...(parent.license ? { license: parent.license } : {}),
    optional: true,
    os: [os],
    ...(parent.engines ? { engines: parent.engines } : {}),
  };
}

for (const entry of Object.values(lock.packages)) delete entry.resolved;
lock.packages = Object.fromEntries(
  Object.entries(lock.packages).toSorted(([a], [b]) => a.localeCompare(b, 'en')),
);
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${missing.length} packages of other platforms added`);
