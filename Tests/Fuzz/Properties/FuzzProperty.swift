/// What must hold of any bytes whatever: that nothing traps, and what this says besides.
///
/// The fuzzers try each on bytes of their own finding, the tests on the published vectors.
public struct FuzzProperty: Sendable {
    public let name: String
    private let hold: @Sendable ([UInt8]) throws(FuzzFailure) -> Void

    public init(
        _ name: String, _ hold: @escaping @Sendable ([UInt8]) throws(FuzzFailure) -> Void
    ) {
        self.name = name
        self.hold = hold
    }

    /// Throws where the property does not hold of `bytes`.
    public func check(_ bytes: [UInt8]) throws(FuzzFailure) { try hold(bytes) }

    /// `seed` and `count` others near it: a byte changed, or cut short besides.
    public static func around(
        _ seed: [UInt8], count: Int = 20, using random: inout some RandomNumberGenerator
    ) -> [[UInt8]] {
        var all = [seed]
        for _ in 0..<count {
            var changed = seed
            if let place = changed.indices.randomElement(using: &random) {
                changed[place] = UInt8.random(in: 0...255, using: &random)
            }
            changed.removeLast(Bool.random(using: &random) ? changed.count / 3 : 0)
            all.append(changed)
        }
        return all
    }

    /// Stops the program where the property does not hold: what a fuzzer takes for a find.
    public func run(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
        do {
            try check(Array(UnsafeBufferPointer(start: start, count: count)))
        } catch {
            fatalError("\(name): \(error.reason)")
        }
        return 0
    }
}

/// A property does not hold.
public struct FuzzFailure: Error {
    public let reason: String

    public init(reason: String) { self.reason = reason }
}

/// Throws with the reason unless the claim holds.
public func claim(
    _ holds: Bool, _ reason: @autoclosure () -> String
) throws(FuzzFailure) {
    guard holds else { throw FuzzFailure(reason: reason()) }
}

extension FuzzProperty {
    /// Those of values in memory, by the name of their fuzzer.
    public static let all: [FuzzProperty] = [
        .transaction, .block, .message, .frame, .transport, .script, .descriptor, .psbt, .address,
        .json, .network, .roster, .conform, .shares, .proofs, .stratum, .peers, .options,
    ]
}
