'use strict';
// What a child's memory holds, for the test of leaks. It is loaded before the adapter, by
// NODE_OPTIONS: when a line of the driver has a member `measure`, garbage is collected, and the
// bytes that are alive (V8's heap, and the buffers outside that it keeps) are written to the file
// MEMORY_FILE, before the line is answered. What waits for the collector is no leak, and how much
// V8 lets wait depends on the load of the machine.
const fs = require('fs');
const v8 = require('v8');
const vm = require('vm');

v8.setFlagsFromString('--expose-gc');
const collect = vm.runInNewContext('gc');
const { readSync, writeFileSync } = fs;
const file = process.env.MEMORY_FILE;

fs.readSync = function readSyncMeasured(descriptor, buffer, ...rest) {
  const length = readSync(descriptor, buffer, ...rest);
  if (descriptor === 0 && buffer.subarray(0, length).includes('"measure":')) {
    collect();
    collect(); // What only finalizers of the first held.
    const { used_heap_size: heap, external_memory: outside } = v8.getHeapStatistics();
    writeFileSync(file, `${heap + outside}\n`);
  }
  return length;
};
