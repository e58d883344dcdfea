// For Vitest.

import "fake-indexeddb/auto";
import { test } from "vitest";
import * as keyfold from "keyfold";
import exercise from "./exercise.cjs";

test("in memory and in IndexedDB", () => exercise(keyfold, ["memory", undefined]));
