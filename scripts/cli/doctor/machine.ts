import { access, constants, mkdir, statfs } from 'node:fs/promises';
import { loadSecretKeys } from '../../../server/secrets.ts';
import { type Check, lineOf } from './finding.ts';

const gibibyte = 2 ** 30;
const oldestNode = 24;

/** Node, the disk under `DATA_DIR`, and the keys that sign members' links. */
export const checkMachine: Check = async function* (config) {
  const major = Number(process.versions.node.split('.')[0]);
  yield major >= oldestNode
    ? { subject: 'node', state: 'well', says: process.version }
    : { subject: 'node', state: 'wrong', says: `${process.version}: install Node ${oldestNode} or newer` };

  try {
    await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
    await access(config.dataDir, constants.W_OK);
    const { bavail, bsize } = await statfs(config.dataDir);
    const free = (bavail * bsize) / gibibyte;
    const says = `${free.toFixed(1)} GiB free under ${config.dataDir}`;
    yield free < 1
      ? { subject: 'disk', state: 'wrong', says: `${says}: make room, or the database stops` }
      : { subject: 'disk', state: free < 5 ? 'look' : 'well', says };
  } catch (error) {
    yield { subject: 'disk', state: 'wrong', says: `DATA_DIR cannot be written: ${lineOf(error)}` };
  }

  try {
    const keys = await loadSecretKeys(config);
    const where = config.secretKeys ? 'in SECRET_KEYS' : `under ${config.dataDir}`;
    yield { subject: 'secret keys', state: 'well', says: `${keys.length} ${where}; backup keeps them too` };
  } catch (error) {
    yield { subject: 'secret keys', state: 'wrong', says: lineOf(error) };
  }
};
