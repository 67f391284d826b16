extension Descriptor {
    /// Whether it makes scripts: all but `unused()` do.
    public var hasScripts: Bool {
        if case .unused = node { false } else { true }
    }

    /// Core's words for what is allowed and unwise.
    public var warnings: [String] { node.warnings }
}

extension DescriptorNode {
    fileprivate var warnings: [String] {
        guard case .miniscript(let script, _) = self else { return children.flatMap(\.warnings) }
        return script.nodes.compactMap { node in
            guard case .older(let lock) = node.fragment else { return nil }
            return Self.warning(ofLock: lock)
        }
    }

    /// A relative lock keeps sixteen bits of its number and the one that says of what it is: the rest
    /// is lost (BIP68).
    private static func warning(ofLock lock: UInt32) -> String? {
        let timeBit: UInt32 = 1 << 22
        guard lock & ~timeBit > 0xffff else { return nil }
        return lock & timeBit == 0
            ? "height-based relative locktime: older(\(lock)) > 65535 blocks is unsafe"
            : "time-based relative locktime: older(\(lock)) > (65535 * 512) seconds is unsafe"
    }
}
