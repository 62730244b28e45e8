// Jest's transformer: Node's own type stripping. Positions stay as they are, so no source map is needed.
import { stripTypeScriptTypes } from 'node:module';

export default { process: (text) => ({ code: stripTypeScriptTypes(text) }) };
