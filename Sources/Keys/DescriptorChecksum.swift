/// The eight characters after `#` in a descriptor (BIP380): a code that finds up to five wrong
/// characters in usual lengths.
enum DescriptorChecksum {
    /// Which characters may occur; the place of one gives three symbols' worth of a code over GF(32).
    private static let places: [Int16] = {
        let characters =
            "0123456789()[],'/*abcdefgh@:$%{}"
            + "IJKLMNOPQRSTUVWXYZ&+-.;<=>?!^_|~"
            + "ijklmnopqrstuvwxyzABCDEFGH`#\"\\ "
        var places = [Int16](repeating: -1, count: 256)
        for (place, character) in characters.utf8.enumerated() {
            places[Int(character)] = Int16(place)
        }
        return places
    }()

    /// The checksum of a text, or nil when a character may not occur in a descriptor.
    static func compute(_ text: some Collection<UInt8>) -> String? {
        var sum: UInt64 = 1
        var group: UInt64 = 0
        var grouped = 0
        for byte in text {
            guard let place = UInt64(exactly: places[Int(byte)]) else { return nil }
            sum = advance(sum, by: place & 31)
            group = group * 3 + place >> 5
            grouped += 1
            if grouped == 3 {
                sum = advance(sum, by: group)
                (group, grouped) = (0, 0)
            }
        }
        if grouped > 0 { sum = advance(sum, by: group) }
        for _ in 0..<8 { sum = advance(sum, by: 0) }
        sum ^= 1
        let characters = (0..<8).map { Bech32.alphabet[Int(sum >> UInt64(35 - 5 * $0) & 31)] }
        return String(decoding: characters, as: UTF8.self)
    }

    /// Multiplies by x modulo the generator of BIP380, and adds a symbol.
    private static func advance(_ sum: UInt64, by symbol: UInt64) -> UInt64 {
        let generator: [5 of UInt64] = [
            0xf5_dee5_1989, 0xa9_fdca_3312, 0x1b_ab10_e32d, 0x37_06b1_677a, 0x64_4d62_6ffd,
        ]
        let top = sum >> 35
        var sum = (sum & 0x7_ffff_ffff) << 5 ^ symbol
        for bit in 0..<5 where top >> UInt64(bit) & 1 == 1 { sum ^= generator[bit] }
        return sum
    }
}
