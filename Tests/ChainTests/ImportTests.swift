import Chain
import Consensus
import Genesis
import Primitives
import Storage
import TestSupport
import Testing

@Suite("Files of blocks") struct ImportTests {
    private let chain = TestChain()
    private var network: Network { chain.builder.network }

    private func open(_ bytes: [UInt8]) async throws -> Validator {
        let path = "\(chain.folder.path)/blocks.dat"
        try File.replace(path, with: bytes.span)
        return try await chain.open { $0.loadBlocks = [path] }
    }

    @Test("Blocks are taken in whatever their order")
    func order() async throws {
        let blocks = chain.builder.blocks(60, onto: chain.genesis)
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        let shuffled = blocks.shuffled(using: &random).flatMap { BlockFile.bytes(of: $0, network) }
        let validator = try await open(shuffled)
        #expect(validator.tip.hash == blocks.last?.hash, "seed \(seed)")
        try await validator.close()
        let reversed = TestChain()
        let path = try BlockFile.write(
            blocks.reversed(), to: "\(reversed.folder.path)/blocks.dat", network)
        let other = try await reversed.open { $0.loadBlocks = [path] }
        #expect(other.tip.hash == blocks.last?.hash)
        try await other.close()
    }

    @Test("What is no block is passed over, wherever it stands")
    func rubbish() async throws {
        let blocks = chain.builder.blocks(8, onto: chain.genesis)
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        func noise(_ count: Int) -> [UInt8] {
            (0..<count).map { _ in .random(in: 0...255, using: &random) }
        }
        let frames = blocks.map { BlockFile.bytes(of: $0, network) }
        let magic = network.magic
        var bytes = noise(1000) + frames[0]
        // The beginning of the magic, then all of it.
        bytes += magic.dropLast() + frames[1]
        // A frame that names more than there is, one that names too little, and one with a bad body.
        bytes += magic + [0xFF, 0xFF, 0xFF, 0x7F] + frames[2]
        bytes += magic + [10, 0, 0, 0] + frames[3]
        bytes += magic + [200, 0, 0, 0] + noise(100) + frames[4]
        // So far from the last that the magic stands on the border of what is read at once.
        bytes += noise((1 << 20) - 2) + frames[5]
        bytes += noise((1 << 20) - 1) + frames[6]
        // Hidden by another key.
        bytes += frames[6].map { $0 ^ 0x5A } + frames[7]
        bytes += magic + [90]
        let validator = try await open(bytes)
        #expect(validator.tip.hash == blocks.last?.hash, "seed \(seed)")
        try await validator.close()
    }

    @Test("A file that was hidden by another key costs its length, and gives nothing")
    func hidden() async throws {
        let validator = try await open(hiddenBytes())
        #expect(validator.tip.height == 0)
        try await validator.close()
    }

    /// As long as it takes for a search byte by byte to be noticed. Made outside of the test: the
    /// release compiler of 6.3.1 crashes on it in a function that waits.
    private func hiddenBytes() -> [UInt8] {
        let blocks = chain.builder.blocks(3, onto: chain.genesis)
        let frames = blocks.flatMap { BlockFile.bytes(of: $0, network) }
        return [[UInt8]](repeating: frames.map { $0 ^ 0xA5 }, count: 60_000).flatMap { $0 }
    }
}
