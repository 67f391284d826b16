import CSHA256

/// SHA-256 (FIPS 180-4) of whole messages, with the fastest kernel of this processor.
public enum SHA256 {
    /// `SHA256(message)`.
    public static func hash(_ message: Span<UInt8>) -> Hash256 {
        Hash256 { output in
            message.withUnsafeBufferPointer { csha256_hash(output, $0.baseAddress, $0.count) }
        }
    }

    /// `SHA256(SHA256(message))`, which names transactions and blocks.
    public static func doubleHash(_ message: Span<UInt8>) -> Hash256 {
        Hash256 { output in
            message.withUnsafeBufferPointer {
                csha256_double_hash(output, $0.baseAddress, $0.count)
            }
        }
    }

    /// The double hash of two hashes, one after the other: a node of a merkle tree.
    public static func doubleHash(_ left: Hash256, _ right: Hash256) -> Hash256 {
        var pair = (left.littleEndian, right.littleEndian)
        return Hash256 { output in
            withUnsafeBytes(of: &pair) {
                csha256_double_hash(output, $0.assumingMemoryBound(to: UInt8.self).baseAddress, 64)
            }
        }
    }
}

extension Hash256 {
    /// Lets `fill` write the 32 bytes in place.
    @inline(__always)
    init(_ fill: (UnsafeMutablePointer<UInt8>) -> Void) {
        var value = Hash256()
        withUnsafeMutableBytes(of: &value) { buffer in
            // Safe: a Hash256 is four words without padding, so 32 bytes.
            fill(buffer.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt8.self))
        }
        self = value.littleEndian
    }

    /// The same bytes in memory order: the value itself on little-endian machines.
    @inline(__always)
    var littleEndian: Hash256 {
        Hash256(
            words: (
                word0.littleEndian, word1.littleEndian, word2.littleEndian, word3.littleEndian
            ))
    }
}
