// For `setupFilesAfterEnv` of jest: the matchers, and after every test its stacks, cables and LANs closed and checked.
import { afterEach, beforeEach } from '@jest/globals';
import './jest.js';
import { beginKeeping, checkKept } from './leaks/kept-things.js';

beforeEach(beginKeeping);
afterEach(checkKept);
