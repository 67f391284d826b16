import Notation

/// Vectors are read deep: a path of which a part is missing gives nil at its end.
extension JSON? {
    subscript(key: String) -> JSON? { self?[key] }
    subscript(index: Int) -> JSON? { self?[index] }
    var stringValue: String? { self?.stringValue }
    var array: [JSON]? { self?.array }
    var bool: Bool? { self?.bool }
    var int: Int64? { self?.int }
}
