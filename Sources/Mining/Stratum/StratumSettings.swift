/// What all sessions of a Stratum server go by.
public struct StratumSettings: Sendable {
    /// The members who may log in, by name.
    public var names: Set<String>
    /// Whether clients search on coinbases that differ by who finds the block.
    public var paysFinder: Bool
    /// The hashes of a client's first shares.
    public var startWork: UInt64
    /// The fewest hashes a share may stand for.
    public var leastWork: UInt64
    /// How many blocks' work the window spans by which members are paid, if they are paid by one. A
    /// share that counts may then not be so small that as many as the window can hold leave others
    /// out of it.
    public var windowFactor: Int?

    /// The bits of the version that clients may change (BIP320).
    public static let versionMask = UInt32(bitPattern: VersionRolling.mask)
    /// The bytes of the extra nonce that are the client's; as many before them are the server's.
    public static let clientExtraNonceLength = 4
    /// How long a line may be, in bytes.
    public static let maximumLine = 16_384
    /// How long a client may stay without logging in.
    public static let loginTime: Duration = .seconds(60)
    /// How long a client may send nothing.
    public static let silence: Duration = .seconds(3600)
    /// How often a client should find a share.
    public static let shareInterval: Duration = .seconds(5)
    /// Lines a client may send at once, and each second after that.
    public static let burst = 2000.0
    public static let linesPerSecond = 200.0
    /// Logins that may fail, and shares that may be refused in a row.
    public static let maximumFailedLogins = 5
    public static let maximumRefusedShares = 1000
    /// Members and machines one client may log in.
    public static let maximumWorkers = 256
    /// Jobs of one tip that a client may still hand in shares for.
    public static let maximumJobs = 16
    /// Shares of one client remembered until the tip changes, so that none counts twice.
    public static let maximumSeen = 1 << 16

    public init(
        names: Set<String>, paysFinder: Bool = false, startWork: UInt64 = 1 << 22,
        leastWork: UInt64 = ShareWork.least, windowFactor: Int? = nil
    ) {
        self.windowFactor = windowFactor
        self.names = names
        self.paysFinder = paysFinder
        self.leastWork = max(leastWork, ShareWork.least)
        self.startWork = max(startWork, self.leastWork)
    }

    /// The hashes that a share counts for whose client was told `work`: no fewer than what the window
    /// can hold so many of, and no more than a block's.
    func credit(of job: StratumJob, work: UInt64) -> UInt64 {
        guard let windowFactor else { return work }
        let bits = job.template.context.bits
        let least = ShareTally.leastWork(bits: bits, factor: windowFactor)
        return max(work, min(least, job.blockWork))
    }

    /// The member and the machine that a user name, `inmate[.worker]`, stands for. The name is as the
    /// roster writes it, whose bytes count, though the client may write its accents in another way.
    func login(_ user: String) -> (name: String, worker: String)? {
        if let name = member(user) { return (name, "") }
        // A member's name may have dots itself: the longest that is known counts.
        var end = user.endIndex
        while let dot = user[..<end].lastIndex(of: ".") {
            let worker = user[user.index(after: dot)...]
            if let name = member(String(user[..<dot])) {
                guard worker.utf8.count <= ShareEntry.maximumWorkerLength else { return nil }
                return (name, String(worker))
            }
            end = dot
        }
        return nil
    }

    private func member(_ name: String) -> String? { names.firstIndex(of: name).map { names[$0] } }
}
