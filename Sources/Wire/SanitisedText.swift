extension String {
    /// The text with everything taken out that could confuse a log or a terminal (Core's
    /// `SanitizeString`).
    public var sanitised: String {
        String(decoding: utf8.filter(Self.isHarmless), as: UTF8.self)
    }

    private static func isHarmless(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: " .,;-_/:?@()".utf8.contains(byte)
        }
    }
}
