// PeersTests
