import Consensus
import Cryptography
import Foundation
import Genesis
import Notation
import Primitives

/// A block to be verified, with the coins it spends: all that validation needs but the disk.
struct BlockWork {
    var bytes: [UInt8]
    var height: Int
    var network: Network
    /// One for each of the block's `spentOutPoints`; nil where the block itself makes it.
    var coins: [Coin?]

    /// What is to be measured cannot be read.
    struct Unreadable: Error, CustomStringConvertible {
        var description: String
    }
}

// MARK: Published blocks

extension BlockWork {
    /// The blocks of a folder with an `index.json`, as far as their coins are given.
    static func published(in folder: String) throws -> [BlockWork] {
        let index = try JSON(parsing: contents(folder + "/index.json"))
        guard let rows = index.array else {
            throw Unreadable(description: "\(folder)/index.json is no list")
        }
        return try rows.compactMap { row in
            guard let spent = row["spent_file"]?.stringValue else { return nil }
            guard let file = row["file"]?.stringValue, let height = row["height"]?.int,
                let network = row["network"]?.stringValue.flatMap(Network.named)
            else { throw Unreadable(description: "\(folder)/index.json: \(row.text())") }
            return BlockWork(
                bytes: try contents(folder + "/" + file), height: Int(height), network: network,
                coins: try coins(in: folder + "/" + spent, below: Int(height)))
        }
    }

    /// The coins of a file `{"spent": [[txid, [[value, script, height?, isCoinbase?], …]], …]}`.
    private static func coins(in path: String, below height: Int) throws -> [Coin?] {
        let rows = try JSON(parsing: contents(path))["spent"]?.array ?? []
        var coins: [Coin?] = []
        for row in rows {
            guard let items = row.array, items.count == 2, let inputs = items[1].array else {
                throw Unreadable(description: "\(path): \(row.text())")
            }
            for input in inputs {
                guard let fields = input.array, fields.count >= 2, let value = fields[0].int,
                    let script = fields[1].stringValue.flatMap(Script.init(hex:))
                else { throw Unreadable(description: "\(path): \(input.text())") }
                let made = fields.count > 2 ? fields[2].int.map(Int.init) : nil
                coins.append(
                    Coin(
                        output: TransactionOutput(value: Amount(satoshis: value), script: script),
                        height: made ?? max(0, height - 1000), isCoinbase: false))
            }
        }
        return coins
    }
}

// MARK: Chains

extension BlockWork {
    /// The blocks of a file in which each stands behind the network's magic and its size, in order
    /// from the one after genesis.
    static func chain(in path: String, of network: Network) throws -> [BlockWork] {
        let bytes = try contents(path)
        var reader = ByteReader(bytes.span)
        var standing: [OutPoint: Coin] = [:]
        var work: [BlockWork] = []
        while reader.remaining > 0 {
            guard try reader.readBytes(count: 4) == network.magic else {
                throw Unreadable(description: "\(path) holds no blocks of \(network.name)")
            }
            let size = Int(try reader.read(UInt32.self))
            let raw = try reader.readBytes(count: size)
            let block = try Block(decoding: raw)
            let height = work.count + 1
            let coins = block.spentOutPoints.map { standing[$0] }
            for point in block.spentOutPoints { standing[point] = nil }
            for transaction in block.transactions {
                for (number, output) in transaction.outputs.enumerated() {
                    let point = OutPoint(txid: transaction.txid, index: UInt32(number))
                    standing[point] = Coin(
                        output: output, height: height, isCoinbase: transaction.isCoinbase)
                }
            }
            for point in block.spentOutPoints { standing[point] = nil }
            work.append(BlockWork(bytes: raw, height: height, network: network, coins: coins))
        }
        return work
    }

    private static func contents(_ path: String) throws -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Unreadable(description: "\(path) cannot be read")
        }
        return [UInt8](data)
    }
}
