// MemoryPoolTests
