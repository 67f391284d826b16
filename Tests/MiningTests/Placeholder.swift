// MiningTests
