// NotationTests
