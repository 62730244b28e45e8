/** Every configuration file of the lab. Written anew at each `up`. */
import { writeGlance, writeKeystone, writePlacement } from './apis.ts';
import { writeClouds } from './clouds.ts';
import { writeNeutron } from './neutron.ts';
import { writeNova } from './nova.ts';
import { writePrograms } from './programs.ts';
import { writeDatabase, writeQueue } from './stores.ts';

export function writeConfigFiles(): void {
  writeDatabase();
  writeQueue();
  writeKeystone();
  writeGlance();
  writePlacement();
  writeNova();
  writeNeutron();
  writePrograms();
  writeClouds();
}
