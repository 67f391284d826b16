/// The commands that take one byte in the encrypted transport (BIP324), in place of thirteen.
enum ShortCommand {
    /// By their numbers; the empty ones are given to nothing, and 0 says that a name follows.
    private static let names = [
        "", "addr", "block", "blocktxn", "cmpctblock", "feefilter", "filteradd", "filterclear",
        "filterload", "getblocks", "getblocktxn", "getdata", "getheaders", "headers", "inv",
        "mempool", "merkleblock", "notfound", "ping", "pong", "sendcmpct", "tx", "getcfilters",
        "cfilter", "getcfheaders", "cfheaders", "getcfcheckpt", "cfcheckpt", "addrv2",
        "", "", "", "", "", "", "", "", "feature",
    ]

    private static let numbers: [String: UInt8] = {
        var numbers: [String: UInt8] = [:]
        for (number, name) in names.enumerated() where !name.isEmpty {
            numbers[name] = UInt8(number)
        }
        return numbers
    }()

    /// The number of a command; nil where it is to be spelt out.
    static func number(of command: String) -> UInt8? { numbers[command] }

    /// What a number other than 0 stands for: nothing, as an empty name, up to the last one that is
    /// given, and beyond it nil. Bitcoin Core tells the two apart as well.
    static func name(of number: UInt8) -> String? {
        names.indices.contains(Int(number)) ? names[Int(number)] : nil
    }

    /// The bytes a command takes.
    static func size(of command: String) -> Int {
        numbers[command] == nil ? 1 + Frame.commandSize : 1
    }
}
