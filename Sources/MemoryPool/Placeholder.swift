// MemoryPool
