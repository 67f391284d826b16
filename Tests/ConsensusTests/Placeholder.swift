// ConsensusTests
