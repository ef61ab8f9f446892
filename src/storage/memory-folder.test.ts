import { describeFolder } from './folder-suite.testing.ts';
import { describeLibrary } from './library-suite.testing.ts';
import { memoryFolder } from './memory-folder.ts';

const open = () => Promise.resolve(memoryFolder());
describeFolder('memory', open);
describeLibrary('memory', open);
