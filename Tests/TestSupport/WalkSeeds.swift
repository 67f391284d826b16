import Foundation

/// The seeds of random walks.
public enum WalkSeeds {
    /// A few, drawn anew each time; `CELLBLOCK_WALK` asks for as many as it says, or for the very one
    /// it names after an equals sign.
    public static let asked: [UInt64] = {
        let asked = ProcessInfo.processInfo.environment["CELLBLOCK_WALK"] ?? ""
        if asked.first == "=", let seed = UInt64(asked.dropFirst()) { return [seed] }
        return (0..<(Int(asked) ?? 3)).map { _ in UInt64.random(in: 0 ... .max) }
    }()
}
