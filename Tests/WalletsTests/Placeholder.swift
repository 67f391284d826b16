// WalletsTests
