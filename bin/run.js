#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { runCommandLine } from '../dist/commands/run.js';

await runCommandLine(process.argv.slice(2), { root: fileURLToPath(import.meta.url) });
