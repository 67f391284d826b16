// ChainTests
