public import Primitives

/// Why transactions cannot be judged together, in the order it is looked for. The words are Bitcoin
/// Core's.
public enum PackageError: String, Error, Sendable {
    case tooMany = "package-too-many-transactions"
    case tooLarge = "package-too-large"
    case duplicates = "package-contains-duplicates"
    /// One stands before one that it spends.
    case unsorted = "package-not-sorted"
    /// Two spend the same coin.
    case conflict = "conflict-in-package"
}

/// Transactions that are judged together: each may spend those before it.
public enum PackageRules {
    public static let maximumCount = 25
    public static let maximumWeight = Weight(units: 404_000)

    /// Checks what can be told from the transactions alone.
    public static func check(_ package: [Transaction]) throws(PackageError) {
        guard package.count <= maximumCount else { throw .tooMany }
        let weight = package.reduce(0) { $0 &+ $1.weight.units }
        // Of one alone it says more that it is too large itself.
        guard package.count == 1 || weight <= maximumWeight.units else { throw .tooLarge }
        var later = Set(package.map(\.txid))
        guard later.count == package.count else { throw .duplicates }
        for transaction in package {
            guard !transaction.inputs.contains(where: { later.contains($0.outPoint.txid) }) else {
                throw .unsorted
            }
            later.remove(transaction.txid)
        }
        var spent: Set<OutPoint> = []
        for transaction in package {
            let points = transaction.inputs.map(\.outPoint)
            // The same coin twice in one transaction is a fault of its own.
            guard !points.isEmpty, spent.isDisjoint(with: points) else { throw .conflict }
            spent.formUnion(points)
        }
    }
}
