import Cryptography

/// The last hashes that were put in: at least `capacity` of them, at most twice as many.
///
/// It keeps eight bytes of each. To find another transaction with the same eight takes 2^64 tries.
struct RecentSet: Sendable {
    private let capacity: Int
    private var young: Set<UInt64> = []
    private var old: Set<UInt64> = []

    init(capacity: Int) { self.capacity = capacity }

    var isEmpty: Bool { young.isEmpty && old.isEmpty }

    func contains(_ hash: Hash256) -> Bool {
        let key = hash.words.0
        return young.contains(key) || old.contains(key)
    }

    mutating func insert(_ hash: Hash256) {
        if young.count >= capacity { (old, young) = (young, []) }
        young.insert(hash.words.0)
    }

    mutating func removeAll() { (young, old) = ([], []) }
}

/// The same for anything else that can be hashed.
struct RecentValues<Value: Hashable & Sendable>: Sendable {
    private let capacity: Int
    private var young: Set<Value> = []
    private var old: Set<Value> = []

    init(capacity: Int) { self.capacity = capacity }

    func contains(_ value: Value) -> Bool { young.contains(value) || old.contains(value) }

    mutating func insert(_ value: Value) {
        if young.count >= capacity { (old, young) = (young, []) }
        young.insert(value)
    }

    mutating func removeAll() { (young, old) = ([], []) }
}
