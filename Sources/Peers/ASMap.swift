public import Wire

/// Which autonomous system announces an address: Bitcoin Core's `asmap`, a small program of bits that
/// reads an address from its front. Peers are spread over systems by it, as they would be over /16s.
public struct ASMap: Sendable, Hashable {
    private let bytes: [UInt8]

    /// Bits of an address; an IPv4 one is mapped into IPv6.
    private static let addressBits = 128

    /// Takes a file's bytes; nil where not every address leads to an answer, or anything in them
    /// would never be read (Bitcoin Core's `SanityCheckASMap`).
    public init?(_ bytes: [UInt8]) {
        self.bytes = bytes
        guard isSound else { return nil }
    }

    /// The number of the system that announces an address; 0 where none is known, and for what is no
    /// address of the Internet.
    public func system(of address: NetworkAddress) -> UInt32 {
        guard address.kind == .ipv4 || address.kind == .ipv6 else { return 0 }
        return system(of: address.legacyBytes)
    }

    private func system(of address: [UInt8]) -> UInt32 {
        var reader = BitReader(bytes)
        var read = 0
        var standing: UInt32 = 0

        func next() -> Bool? {
            guard read < Self.addressBits else { return nil }
            defer { read += 1 }
            return address[read / 8] >> UInt8(7 - read % 8) & 1 == 1
        }

        while let instruction = reader.instruction() {
            switch instruction {
            case .answer(let system): return system
            case .otherwise(let system): standing = system
            case .branch(let distance):
                guard let bit = next() else { return 0 }
                if bit, !reader.skip(distance) { return 0 }
            case .match(let bits, let count):
                for place in (0..<count).reversed() {
                    guard let bit = next() else { return 0 }
                    if bit != (bits >> UInt32(place) & 1 == 1) { return standing }
                }
            }
        }
        return 0
    }

    private var isSound: Bool {
        var reader = BitReader(bytes)
        var bitsLeft = Self.addressBits
        /// Where branches go that are not reached yet, and the bits of the address left there.
        var branches: [(position: Int, bitsLeft: Int)] = []
        var previous = BitReader.Instruction.branch(0)
        var hasShortMatch = false
        while true {
            if let nearest = branches.last, reader.position >= nearest.position { return false }
            guard let instruction = reader.instruction() else { return false }
            switch instruction {
            case .answer:
                if case .otherwise = previous { return false }
                guard let nearest = branches.popLast() else { return reader.isPadding }
                guard reader.position == nearest.position else { return false }
                bitsLeft = nearest.bitsLeft
                previous = .branch(0)
                continue
            case .branch(let distance):
                guard distance <= reader.remaining, bitsLeft > 0 else { return false }
                bitsLeft -= 1
                let target = reader.position + distance
                if let nearest = branches.last, target >= nearest.position { return false }
                branches.append((target, bitsLeft))
            case .match(_, let count):
                guard case .match = previous, hasShortMatch else {
                    hasShortMatch = count < 8
                    guard count <= bitsLeft else { return false }
                    bitsLeft -= count
                    break
                }
                // Two short matches would be one.
                guard count == 8, count <= bitsLeft else { return false }
                hasShortMatch = false
                bitsLeft -= count
            case .otherwise:
                if case .otherwise = previous { return false }
            }
            previous = instruction
        }
    }
}

/// The bits of the program, the lowest of each byte first.
private struct BitReader {
    enum Instruction {
        /// The system of what came here.
        case answer(UInt32)
        /// So many bits on if the next of the address is one.
        case branch(Int)
        /// The next bits of the address must be these.
        case match(bits: UInt32, count: Int)
        /// The system of what does not match from here on.
        case otherwise(UInt32)
    }

    private let bytes: [UInt8]
    private(set) var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var remaining: Int { 8 * bytes.count - position }

    /// Whether nothing is left but what fills the last byte.
    var isPadding: Bool {
        var rest = self
        guard rest.remaining <= 7 else { return false }
        while let bit = rest.bit() {
            if bit { return false }
        }
        return true
    }

    mutating func skip(_ count: Int) -> Bool {
        guard count < remaining else { return false }
        position += count
        return true
    }

    private mutating func bit() -> Bool? {
        guard remaining > 0 else { return nil }
        defer { position += 1 }
        return bytes[position / 8] >> UInt8(position % 8) & 1 == 1
    }

    mutating func instruction() -> Instruction? {
        switch number(from: 0, widths: [0, 0, 1]) {
        case 0: return number(from: 1, widths: Array(15...24)).map { .answer($0) }
        case 1: return number(from: 17, widths: Array(5...30)).map { .branch(Int($0)) }
        case 2:
            // The highest bit only says how many there are.
            return number(from: 2, widths: Array(1...8)).map { value in
                let count = 31 - value.leadingZeroBitCount
                return .match(bits: value & ~(1 << UInt32(count)), count: count)
            }
        case 3: return number(from: 1, widths: Array(15...24)).map { .otherwise($0) }
        default: return nil
        }
    }

    /// A number in a class of its own width: ones count the classes below, a zero ends them (the
    /// last needs none), then come its bits, the highest first.
    private mutating func number(from minimum: UInt32, widths: [Int]) -> UInt32? {
        var value = minimum
        for (place, width) in widths.enumerated() {
            let isLast = place == widths.count - 1
            guard let goesOn = isLast ? false : bit() else { return nil }
            if goesOn {
                value += 1 << UInt32(width)
                continue
            }
            for shift in (0..<width).reversed() {
                guard let bit = bit() else { return nil }
                if bit { value += 1 << UInt32(shift) }
            }
            return value
        }
        return nil
    }
}
