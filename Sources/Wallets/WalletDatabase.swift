internal import Cryptography
internal import Foundation
internal import GRDB
internal import Genesis
internal import Keys
internal import Primitives

/// A wallet's file: one SQLite database, written in one transaction for each change of the ledger.
struct WalletDatabase: Sendable {
    /// What a wallet is, besides its ledger.
    struct Header: Sendable {
        var network: String
        var createdAt: Int64
        /// What the mnemonic's words stand for; nil for a wallet without a seed.
        var entropy: [UInt8]?
        var hasPrivateKeysDisabled: Bool
        var isBlank: Bool
        var avoidsReuse: Bool
    }

    private let queue: DatabaseQueue
    private let network: Network

    /// Opens, or makes, the file.
    init(path: String, network: Network) throws {
        var configuration = Configuration()
        configuration.prepareDatabase { database in
            // A sent transaction must not be forgotten: the change address would be used again.
            try database.execute(sql: "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
        }
        queue = try DatabaseQueue(path: path, configuration: configuration)
        self.network = network
        try Self.migrator.migrate(queue)
    }

    func close() throws { try queue.close() }

    /// Writes a complete copy to another file.
    func copy(to path: String) throws {
        try queue.writeWithoutTransaction { database in
            try database.execute(sql: "VACUUM INTO ?", arguments: [path])
        }
    }

    private static let migrator: DatabaseMigrator = {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { database in
            try database.execute(
                sql: """
                    CREATE TABLE setting (name TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID;
                    CREATE TABLE keychain (
                        id INTEGER PRIMARY KEY, descriptor TEXT NOT NULL, isActive INTEGER NOT NULL,
                        isInternal INTEGER NOT NULL, createdAt INTEGER NOT NULL,
                        nextIndex INTEGER NOT NULL, rangeStart INTEGER NOT NULL,
                        rangeEnd INTEGER NOT NULL);
                    CREATE TABLE script (
                        script BLOB PRIMARY KEY, keychain INTEGER NOT NULL,
                        position INTEGER NOT NULL) WITHOUT ROWID;
                    CREATE TABLE label (
                        address TEXT PRIMARY KEY, label TEXT NOT NULL, purpose TEXT NOT NULL)
                        WITHOUT ROWID;
                    CREATE TABLE walletTransaction (
                        txid BLOB PRIMARY KEY, bytes BLOB NOT NULL, ordinal INTEGER NOT NULL,
                        state INTEGER NOT NULL, block BLOB, height INTEGER, position INTEGER,
                        blockTime INTEGER, timeReceived INTEGER NOT NULL, time INTEGER NOT NULL,
                        comment TEXT, commentTo TEXT, replaces BLOB, replacedBy BLOB);
                    CREATE TABLE locked (
                        txid BLOB NOT NULL, position INTEGER NOT NULL,
                        PRIMARY KEY (txid, position)) WITHOUT ROWID;
                    """)
        }
        return migrator
    }()
}

// MARK: Header

extension WalletDatabase {
    /// What was written with `write(_ header:)`; nil for a new file.
    func header() throws -> Header? {
        try queue.read { database in
            guard let network = try Self.setting("network", String.self, database) else {
                return nil
            }
            return Header(
                network: network,
                createdAt: try Self.setting("createdAt", Int64.self, database) ?? 0,
                entropy: try Self.setting("entropy", Data.self, database).map { [UInt8]($0) },
                hasPrivateKeysDisabled:
                    try Self.setting("watchOnly", Bool.self, database) ?? false,
                isBlank: try Self.setting("blank", Bool.self, database) ?? false,
                avoidsReuse: try Self.setting("avoidsReuse", Bool.self, database) ?? false)
        }
    }

    func write(_ header: Header) throws {
        try queue.write { database in
            try Self.set("network", header.network, database)
            try Self.set("createdAt", header.createdAt, database)
            try Self.set("entropy", header.entropy.map { Data($0) }, database)
            try Self.set("watchOnly", header.hasPrivateKeysDisabled, database)
            try Self.set("blank", header.isBlank, database)
            try Self.set("avoidsReuse", header.avoidsReuse, database)
        }
    }

    private static func setting<Value: DatabaseValueConvertible>(
        _ name: String, _: Value.Type, _ database: Database
    ) throws -> Value? {
        try Value.fetchOne(
            database, sql: "SELECT value FROM setting WHERE name = ?", arguments: [name])
    }

    private static func set(
        _ name: String, _ value: (any DatabaseValueConvertible)?, _ database: Database
    ) throws {
        try database.execute(
            sql: "INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)",
            arguments: [name, value])
    }
}

// MARK: Ledger

extension WalletDatabase {
    /// Writes what has changed in a ledger.
    func write(_ ledger: WalletLedger) throws {
        let changes = ledger.changes
        guard !changes.isEmpty else { return }
        try queue.write { database in
            for id in changes.keychains { try write(ledger.keychains[id], database) }
            for script in changes.scripts {
                guard let place = ledger.scripts[script] else { continue }
                try database.cachedStatement(sql: Self.insertScript).execute(arguments: [
                    Data(script.bytes), place.keychain, Int64(place.index),
                ])
            }
            for address in changes.labels {
                try write(ledger.labels[address], of: address, database)
            }
            for txid in changes.transactions {
                if let transaction = ledger.transactions[txid] {
                    try write(transaction, database)
                } else {
                    try database.execute(
                        sql: "DELETE FROM walletTransaction WHERE txid = ?",
                        arguments: [Data(txid.bytes)])
                }
            }
            for point in changes.locks {
                try write(isLocked: ledger.locked[point] ?? false, point, database)
            }
            if changes.tip {
                try Self.set("tipHash", ledger.tip.map { Data($0.hash.bytes) }, database)
                try Self.set("tipHeight", ledger.tip?.height, database)
            }
        }
    }

    private static let insertScript =
        "INSERT OR REPLACE INTO script (script, keychain, position) VALUES (?, ?, ?)"

    private func write(_ keychain: Keychain?, _ database: Database) throws {
        guard let keychain else { return }
        let descriptor = keychain.descriptor
        try database.execute(
            sql: """
                INSERT OR REPLACE INTO keychain (id, descriptor, isActive, isInternal, createdAt,
                    nextIndex, rangeStart, rangeEnd) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                keychain.id,
                descriptor.privateText(on: network) ?? descriptor.text(on: network),
                keychain.isActive, keychain.isInternal, keychain.createdAt,
                Int64(keychain.nextIndex), Int64(keychain.rangeStart), Int64(keychain.rangeEnd),
            ])
    }

    private func write(_ label: AddressLabel?, of address: Address, _ database: Database) throws {
        let text = address.text(on: network)
        guard let label else {
            try database.execute(sql: "DELETE FROM label WHERE address = ?", arguments: [text])
            return
        }
        try database.execute(
            sql: "INSERT OR REPLACE INTO label (address, label, purpose) VALUES (?, ?, ?)",
            arguments: [text, label.label, label.purpose.rawValue])
    }

    private func write(isLocked: Bool, _ point: OutPoint, _ database: Database) throws {
        let sql =
            isLocked
            ? "INSERT OR REPLACE INTO locked (txid, position) VALUES (?, ?)"
            : "DELETE FROM locked WHERE txid = ? AND position = ?"
        try database.execute(
            sql: sql, arguments: [Data(point.txid.bytes), Int64(point.index)])
    }

    private func write(_ transaction: WalletTransaction, _ database: Database) throws {
        let row = TransactionRow(transaction)
        try database.execute(
            sql: """
                INSERT OR REPLACE INTO walletTransaction (txid, bytes, ordinal, state, block, height,
                    position, blockTime, timeReceived, time, comment, commentTo, replaces, replacedBy)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                Data(transaction.txid.bytes), Data(transaction.transaction.bytes),
                transaction.order, row.state, row.block, row.height, row.position, row.blockTime,
                transaction.timeReceived, transaction.time, transaction.comment,
                transaction.commentTo, transaction.replaces.map { Data($0.bytes) },
                transaction.replacedBy.map { Data($0.bytes) },
            ])
    }
}

// MARK: Reading

extension WalletDatabase {
    /// Reads the ledger as it was last written.
    func load(_ empty: WalletLedger) throws -> WalletLedger {
        var ledger = empty
        try queue.read { database in
            if let hash = try Self.setting("tipHash", Data.self, database)
                .flatMap({ BlockHash(bytes: $0) }),
                let height = try Self.setting("tipHeight", Int.self, database)
            {
                ledger.tip = ChainPoint(hash: hash, height: height)
            }
            for row in try Row.fetchAll(database, sql: "SELECT * FROM keychain ORDER BY id") {
                let keychain = try keychain(row)
                ledger.keychains[keychain.id] = keychain
            }
            let scripts = try Row.fetchCursor(database, sql: "SELECT * FROM script")
            while let row = try scripts.next() {
                let script: Data = row["script"]
                let index: Int64 = row["position"]
                ledger.scripts[Script([UInt8](script))] = ScriptPlace(
                    keychain: row["keychain"], index: UInt32(clamping: index))
            }
            for row in try Row.fetchAll(database, sql: "SELECT * FROM label") {
                let purpose: String = row["purpose"]
                guard let address = try? Address(row["address"], network: network) else {
                    continue
                }
                ledger.labels[address] = AddressLabel(
                    label: row["label"], purpose: AddressLabel.Purpose(rawValue: purpose) ?? .send)
            }
            let transactions = try Row.fetchCursor(
                database, sql: "SELECT * FROM walletTransaction ORDER BY ordinal")
            while let row = try transactions.next() {
                let transaction = try TransactionRow.transaction(row)
                ledger.transactions[transaction.txid] = transaction
                ledger.nextOrder = max(ledger.nextOrder, transaction.order + 1)
                ledger.index(transaction.transaction)
            }
            for row in try Row.fetchAll(database, sql: "SELECT * FROM locked") {
                let (txid, index): (Data, Int64) = (row["txid"], row["position"])
                guard let txid = Txid(bytes: txid) else { continue }
                ledger.locked[OutPoint(txid: txid, index: UInt32(clamping: index))] = true
            }
        }
        ledger.changes = WalletLedger.Changes()
        return ledger
    }

    private func keychain(_ row: Row) throws -> Keychain {
        let (next, start, end): (Int64, Int64, Int64) = (
            row["nextIndex"], row["rangeStart"], row["rangeEnd"]
        )
        return Keychain(
            id: row["id"], descriptor: try Descriptor(row["descriptor"], network: network),
            isActive: row["isActive"], isInternal: row["isInternal"],
            createdAt: row["createdAt"], nextIndex: UInt32(clamping: next),
            rangeStart: UInt32(clamping: start), rangeEnd: UInt32(clamping: end))
    }
}

/// The columns that hold a transaction's state.
private struct TransactionRow {
    var state: Int
    var block: Data?
    var height: Int?
    var position: Int?
    var blockTime: Int64?

    init(_ transaction: WalletTransaction) {
        switch transaction.state {
        case .unconfirmed(let isAbandoned): state = isAbandoned ? 1 : 0
        case .confirmed(let place):
            state = 2
            block = Data(place.block.hash.bytes)
            height = place.block.height
            position = place.position
            blockTime = Int64(place.time)
        case .conflicted(let point):
            state = 3
            block = Data(point.hash.bytes)
            height = point.height
        }
    }

    static func transaction(_ row: Row) throws -> WalletTransaction {
        let bytes: Data = row["bytes"]
        let (replaces, replacedBy): (Data?, Data?) = (row["replaces"], row["replacedBy"])
        return WalletTransaction(
            transaction: try Transaction(decoding: [UInt8](bytes)), state: state(row),
            order: row["ordinal"], timeReceived: row["timeReceived"], time: row["time"],
            comment: row["comment"], commentTo: row["commentTo"],
            replaces: replaces.flatMap { Txid(bytes: $0) },
            replacedBy: replacedBy.flatMap { Txid(bytes: $0) })
    }

    private static func state(_ row: Row) -> WalletTransaction.State {
        let number: Int = row["state"]
        let (hash, height): (Data?, Int?) = (row["block"], row["height"])
        guard number >= 2, let hash = hash.flatMap({ BlockHash(bytes: $0) }), let height else {
            return .unconfirmed(isAbandoned: number == 1)
        }
        let point = ChainPoint(hash: hash, height: height)
        guard number == 2 else { return .conflicted(with: point) }
        let (position, time): (Int?, Int64?) = (row["position"], row["blockTime"])
        return .confirmed(
            ConfirmationPlace(
                block: point, position: position ?? 0, time: UInt32(clamping: time ?? 0)))
    }
}
