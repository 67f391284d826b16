import Consensus
import Cryptography
import Keys
import Genesis
import Notation
import Peers
import Primitives
import Scripting
import Wire

extension FuzzProperty {
    /// Small things that come from outside, each by the first byte: proofs of transactions, compact
    /// blocks, block filters, scripts that may be Miniscript, signed messages, maps of networks.
    public static let proofs = FuzzProperty("proofs") { (bytes) throws(FuzzFailure) in
        let rest = Array(bytes.dropFirst())
        switch (bytes.first ?? 0) % 7 {
        case 0: try readProof(rest)
        case 1: try makeProof(rest)
        case 2: try matchBlock(rest)
        case 3: try matchFilter(rest)
        case 4: try findMiniscript(rest)
        case 5: try verifyMessage(rest)
        default: try readMap(rest)
        }
    }

    /// A proof that reads is written as one that proves the same.
    private static func readProof(_ bytes: [UInt8]) throws(FuzzFailure) {
        var reader = ByteReader(bytes.span)
        guard let tree = try? PartialMerkleTree(from: &reader) else { return }
        let proven = tree.extract()
        if let proven {
            try claim(proven.matches.count <= tree.transactionCount, "it proves too many")
        }
        var writer = ByteWriter()
        tree.encode(to: &writer)
        let written = writer.bytes
        var second = ByteReader(written.span)
        let again = try? PartialMerkleTree(from: &second)
        try claim(again == tree, "a proof does not come back")
    }

    /// What is proven of any transactions of a block is they, and under its root.
    private static func makeProof(_ bytes: [UInt8]) throws(FuzzFailure) {
        guard let count = bytes.first.map({ Int($0) + 1 }) else { return }
        let txids = (0..<count).map { SHA256.hash([UInt8(truncatingIfNeeded: $0)].span) }
        let flags = bytes.dropFirst()
        let isMatch = (0..<count).map { place in
            let byte = flags.dropFirst(place / 8).first ?? 0
            return byte >> UInt8(place % 8) & 1 == 1
        }
        let proven = PartialMerkleTree(txids, matching: isMatch).extract()
        try claim(proven?.root == MerkleTree.root(txids), "another root")
        try claim(
            proven?.matches == zip(txids, isMatch).filter(\.1).map(\.0), "it proves others")
    }

    /// What is found for a compact block has a place in it where none was.
    private static func matchBlock(_ bytes: [UInt8]) throws(FuzzFailure) {
        guard let message = try? Message(command: "cmpctblock", payload: bytes),
            case .compactBlock(let block) = message, block.isWhole,
            var matcher = CompactBlockMatcher(block)
        else { return }
        let taken = Set(block.prefilled.map(\.index))
        for item in block.prefilled {
            matcher.take(item.transaction, item.transaction.wtxid)
            // One that comes twice is in doubt, wherever it belongs.
            matcher.take(item.transaction, item.transaction.wtxid)
            _ = matcher.isWanted(item.transaction.txid)
        }
        for place in matcher.found.keys {
            try claim((0..<block.count).contains(place) && !taken.contains(place), "no such place")
        }
    }

    private static func matchFilter(_ bytes: [UInt8]) throws(FuzzFailure) {
        var cursor = FuzzCursor(bytes)
        let scripts: [Script] = [Script(cursor.chunk()), [0x51], []]
        let filter = BlockFilter.Encoded(cursor.remainder, of: .zero)
        let one = scripts.contains { filter.matchesAny([$0]) }
        try claim(filter.matchesAny(scripts) == one, "several match otherwise than one by one")
        try claim(!filter.matchesAny([Script]()), "it matches nothing at all")
    }

    /// What is found in a script comes to that script again.
    private static func findMiniscript(_ bytes: [UInt8]) throws(FuzzFailure) {
        var cursor = FuzzCursor(bytes)
        let script = Script(cursor.chunk())
        for place in [MiniscriptExpression.Place.witnessScript, .leaf] {
            guard let found = MiniscriptExpression(script, in: place) else { continue }
            if let own = found.script { try claim(own == script, "another script is found") }
            guard let text = found.text(on: .regtest),
                let again = try? MiniscriptExpression(text, in: place, network: .regtest)
            else { continue }
            try claim(again.script == found.script, "\(text) comes to another script")
        }
        var provider = SigningProvider()
        provider.add(script)
        while !cursor.isAtEnd {
            let bytes = cursor.chunk()
            if bytes.count == 33 || bytes.count == 65 {
                provider.add(publicKey: bytes)
            } else {
                provider.add(Script(bytes))
            }
        }
        let outputs: [Script] = [
            script, .payToScriptHash(Hash160.hash(script.span)),
            .payToWitnessScriptHash(SHA256.hash(script.span)),
        ]
        for output in outputs {
            let text = Descriptor.infer(output, provider: provider).text(on: .regtest)
            // Bytes that look like a key may be no point; then the text does not read, in Core too.
            guard let again = try? Descriptor(text, network: .regtest, requireChecksum: true),
                let expansion = again.expand()
            else { continue }
            try claim(expansion.scripts == [output], "\(text) is of another script")
        }
    }

    private static func verifyMessage(_ bytes: [UInt8]) throws(FuzzFailure) {
        var cursor = FuzzCursor(bytes)
        let signature = cursor.chunk()
        let message = String(decoding: cursor.remainder, as: UTF8.self)
        let text = String(decoding: signature, as: UTF8.self)
        _ = MessageSigning.verify(text, of: message, by: .zero)
        guard signature.count == 65 else { return }
        try claim(
            MessageSigning.verify(Base64.encode(signature), of: message, by: .zero) != true,
            "nobody's key has signed")
    }

    /// A map that is sound leads every address to an answer.
    private static func readMap(_ bytes: [UInt8]) throws(FuzzFailure) {
        var cursor = FuzzCursor(bytes)
        let address = cursor.chunk()
        guard let map = ASMap(cursor.remainder) else { return }
        for kind in [NetworkAddress.Kind.ipv4, .ipv6] {
            let count = kind == .ipv4 ? 4 : 16
            let padded = Array((address + [UInt8](repeating: 0, count: 16)).prefix(count))
            guard let address = NetworkAddress(kind: kind, bytes: padded) else { continue }
            _ = map.system(of: address)
        }
    }
}
