import Chain
import Consensus
import Genesis
import Primitives
import Storage
import TestSupport
import Testing

/// A file of blocks as `-loadblock` takes it.
enum BlockFile {
    static func bytes(of block: Block, _ network: Network) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(network.magic)
        writer.write(UInt32(block.bytes.count))
        writer.write(block.bytes)
        return writer.bytes
    }

    static func write(_ blocks: [Block], to path: String, _ network: Network) throws -> String {
        let all = blocks.flatMap { bytes(of: $0, network) }
        try File.replace(path, with: all.span)
        return path
    }
}
