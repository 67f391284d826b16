internal import Primitives
internal import Scripting

/// How large an input that spends from a descriptor can become: what fees are reckoned with before
/// anything is signed.
public struct SatisfactionSize: Hashable, Sendable {
    /// The weight of the unlocking script's content and the witness, without their counts.
    public let weight: Int
    /// Elements on the witness stack.
    public let elements: Int
    /// Whether there is a witness.
    public let isSegwit: Bool

    /// The weight of the whole input: out point, sequence and counts added.
    ///
    /// - Parameter besideSegwit: whether another input has a witness, so that this one must say that it
    ///   has none.
    public func inputWeight(besideSegwit: Bool) -> Int {
        let scriptLength = isSegwit ? 1 : compactSizeLength(weight / 4)
        let stackLength = isSegwit ? compactSizeLength(elements) : besideSegwit ? 1 : 0
        return (32 + 4 + 4 + scriptLength) * 4 + stackLength + weight
    }
}

extension Descriptor {
    /// The most that spending can take; nil when the descriptor does not say how to spend.
    ///
    /// - Parameter highR: whether ECDSA signatures may take 72 bytes with their hash type, as those
    ///   of signers that do not grind.
    public func satisfactionSize(highR: Bool = false) -> SatisfactionSize? {
        guard let weight = node.satisfactionWeight(highR: highR),
            let elements = node.satisfactionElements
        else { return nil }
        return SatisfactionSize(
            weight: weight, elements: elements,
            isSegwit: addressType != nil && addressType != .legacy)
    }
}

extension DescriptorNode {
    fileprivate func satisfactionWeight(highR: Bool) -> Int? {
        switch self {
        case .pk, .pkh, .multi: satisfactionBytes(highR: highR).map { $0 * 4 }
        case .wpkh, .wsh: satisfactionBytes(highR: highR)
        case .sh(let inner):
            if let bytes = inner.satisfactionBytes(highR: highR), let size = inner.scriptSize {
                (Self.pushSize(size) + size) * 4
                    + (inner.addressType == .bech32 ? bytes : bytes * 4)
            } else {
                nil
            }
        // A key path spend, its signature with a hash type.
        case .tr, .rawtr: 1 + 65
        case .combo, .multiA, .addr, .raw, .unused, .miniscript: nil
        }
    }

    /// Bytes of the elements that satisfy the script, each with its length.
    private func satisfactionBytes(highR: Bool) -> Int? {
        let signature = 1 + (highR ? 72 : 71)
        return switch self {
        case .pk(_, let isXOnly): isXOnly ? 1 + 65 : signature
        case .pkh(let key): signature + 1 + key.size
        case .wpkh: signature + 1 + 33
        case .multi(let required, _, _): 1 + signature * required
        case .multiA(let required, let keys, _): (1 + 65) * required + keys.count - required
        case .wsh(let inner):
            if let bytes = inner.satisfactionBytes(highR: highR), let size = inner.scriptSize {
                compactSizeLength(size) + size + bytes
            } else {
                nil
            }
        case .miniscript(let script, _): script.nodes.last?.witness.satisfied
        case .sh, .combo, .tr, .rawtr, .addr, .raw, .unused: nil
        }
    }

    fileprivate var satisfactionElements: Int? {
        switch self {
        case .pk, .tr, .rawtr: 1
        case .pkh, .wpkh: 2
        case .multi(let required, _, _): 1 + required
        case .multiA(_, let keys, _): keys.count
        case .sh(let inner), .wsh(let inner): inner.satisfactionElements.map { 1 + $0 }
        case .miniscript(let script, _): script.nodes.last.flatMap(Miniscript.witnessItems)
        case .combo, .addr, .raw, .unused: nil
        }
    }

    private var scriptSize: Int? {
        switch self {
        case .pk(let key, let isXOnly): 1 + (isXOnly ? 32 : key.size) + 1
        case .pkh: 25
        case .wpkh: 22
        case .multi(let required, let keys, _):
            1 + numberSize(keys.count) + numberSize(required)
                + keys.reduce(0) { $0 + 1 + $1.size }
        case .multiA(let required, let keys, _): 34 * keys.count + numberSize(required) + 1
        case .sh: 23
        case .wsh, .tr, .rawtr: 34
        case .addr(let address): address.script.count
        case .raw(let script): script.count
        case .miniscript(let script, _): script.nodes.last?.scriptSize
        case .combo, .unused: nil
        }
    }

    /// The bytes before a push of so many.
    private static func pushSize(_ count: Int) -> Int {
        count < 0x4c ? 1 : count <= 0xff ? 2 : 3
    }

    private func numberSize(_ number: Int) -> Int {
        ScriptBuilder().adding(number: Int64(number)).bytes.count
    }
}

func compactSizeLength(_ value: Int) -> Int {
    switch value {
    case ..<253: 1
    case ...0xffff: 3
    default: 5
    }
}
