import Synchronization

/// Which parts of the node tell their finer remarks to the log. It can be changed while it runs.
public final class LogCategories: Sendable {
    /// The names that Bitcoin Core knows; ours are among them.
    public static let names = [
        "addrman", "bench", "blockstorage", "cmpctblock", "coindb", "estimatefee", "http", "i2p",
        "ipc", "kernel", "leveldb", "mempool", "mempoolrej", "miner", "net", "privatebroadcast",
        "proxy", "prune", "qt", "rand", "reindex", "rpc", "scan", "selectcoins", "tor",
        "txpackages", "txreconciliation", "validation", "walletdb", "zmq",
    ]

    private let active: Mutex<Set<String>>

    public init(_ active: Set<String> = []) {
        self.active = Mutex(active)
    }

    public func isActive(_ name: String) -> Bool {
        active.withLock { $0.contains(name) }
    }

    /// Switches one category, or with "all", "1" or nothing all of them. False for an unknown name.
    public func set(_ name: String, isActive: Bool) -> Bool {
        let names = ["", "1", "all"].contains(name) ? Self.names : [name]
        guard names.allSatisfy(Self.names.contains) else { return false }
        active.withLock { active in
            if isActive { active.formUnion(names) } else { active.subtract(names) }
        }
        return true
    }
}
